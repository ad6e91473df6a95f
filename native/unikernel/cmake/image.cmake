# Writes image.json beside kernel.elf. Only the kernel's bytes decide its content, so same source, same file.
file(SHA256 "${DIRECTORY}/kernel.elf" digest)
file(SIZE "${DIRECTORY}/kernel.elf" size)
file(WRITE "${DIRECTORY}/image.json" "{
  \"name\": \"${NAME}\",
  \"kind\": \"unikernel\",
  \"kernel\": {
    \"file\": \"kernel.elf\",
    \"size\": ${size},
    \"digest\": \"sha256:${digest}\"
  },
  \"commandLine\": \"\",
  \"minimumMemory\": ${MINIMUM_MEMORY},
  \"shutdownHandler\": ${SHUTDOWN_HANDLER},
  \"network\": ${NETWORK},
  \"description\": \"${DESCRIPTION}\"
}
")
