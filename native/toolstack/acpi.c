/* SPDX-License-Identifier: MIT */
/* Layouts and numbers are those of the ACPI specification 5.0, chapter 5. */
#include <stddef.h>
#include <string.h>
#include "acpi.h"

#define LOCAL_APIC_ADDRESS 0xfee00000U
/* Where each table begins. */
#define XSDT_AT 64
#define FADT_AT 128
#define DSDT_AT 448
#define MADT_AT 512

#define FADT_REVISION 5
#define MADT_REVISION 3
#define XSDT_REVISION 1
#define DSDT_REVISION 2
#define RSDP_REVISION 2

/* FADT flags. */
#define WBINVD (1U << 0)
#define HARDWARE_REDUCED                                                                                     \
	(1U << 20) /* no power management registers, no timers, no interrupts of ACPI's own */
/* FADT: what a PC has and this machine has not. */
#define NO_VGA      (1U << 2)
#define NO_CMOS_RTC (1U << 5)

#define MADT_LOCAL_APIC 0
#define APIC_ENABLED    1U

struct header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
} __attribute__((packed));

struct rsdp {
	char signature[8];
	uint8_t checksum; /* of the 20 bytes of revision 0 */
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt; /* 0: there is an XSDT */
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum;
	uint8_t reserved[3];
} __attribute__((packed));

struct xsdt {
	struct header header;
	uint64_t tables[2];
} __attribute__((packed));

/* What is 0 on a hardware-reduced machine has no name here. */
struct fadt {
	struct header header;
	uint32_t facs, dsdt;
	uint8_t before_boot_flags[65];
	uint16_t boot_flags;
	uint8_t reserved;
	uint32_t flags;
	uint8_t before_x_dsdt[24];
	uint64_t x_dsdt;
	uint8_t rest[120];
} __attribute__((packed));

struct local_apic {
	uint8_t type, length;
	uint8_t processor_id, apic_id;
	uint32_t flags;
} __attribute__((packed));

struct madt {
	struct header header;
	uint32_t local_apic_address;
	uint32_t flags; /* 0: no pair of 8259s */
	struct local_apic processors[ACPI_MAX_CPUS];
} __attribute__((packed));

_Static_assert(sizeof(struct header) == 36 && sizeof(struct rsdp) == 36, "ACPI");
_Static_assert(sizeof(struct fadt) == 268 && offsetof(struct fadt, boot_flags) == 109, "ACPI");
_Static_assert(offsetof(struct fadt, flags) == 112 && offsetof(struct fadt, x_dsdt) == 140, "ACPI");
_Static_assert(XSDT_AT + sizeof(struct xsdt) <= FADT_AT && FADT_AT + sizeof(struct fadt) <= DSDT_AT, "room");
_Static_assert(MADT_AT + sizeof(struct madt) <= ACPI_SIZE, "room");

static uint8_t checksum(const void *bytes, uint32_t length)
{
	const uint8_t *byte = bytes;
	uint8_t sum = 0;

	while (length-- > 0)
		sum = (uint8_t)(sum + *byte++);
	return (uint8_t)-sum;
}

static void fill_header(struct header *header, const char *signature, uint8_t revision, uint32_t length)
{
	memcpy(header->signature, signature, sizeof(header->signature));
	header->length = length;
	header->revision = revision;
	memcpy(header->oem_id, "LghtVM", sizeof(header->oem_id));
	memcpy(header->oem_table_id, "PVHGUEST", sizeof(header->oem_table_id));
	header->oem_revision = 1;
	memcpy(header->creator_id, "LVM ", sizeof(header->creator_id));
	header->creator_revision = 1;
}

/* Once all else of the table is written. */
static void finish(struct header *header)
{
	header->checksum = checksum(header, header->length);
}

void acpi_fill(uint8_t tables[ACPI_SIZE], uint64_t address, uint32_t cpu_count)
{
	struct rsdp *rsdp = (struct rsdp *)tables;
	struct xsdt *xsdt = (struct xsdt *)(tables + XSDT_AT);
	struct fadt *fadt = (struct fadt *)(tables + FADT_AT);
	struct header *dsdt = (struct header *)(tables + DSDT_AT);
	struct madt *madt = (struct madt *)(tables + MADT_AT);
	uint32_t i;

	memset(tables, 0, ACPI_SIZE);
	memcpy(rsdp->signature, "RSD PTR ", sizeof(rsdp->signature));
	memcpy(rsdp->oem_id, "LghtVM", sizeof(rsdp->oem_id));
	rsdp->revision = RSDP_REVISION;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt = address + XSDT_AT;
	rsdp->checksum = checksum(rsdp, offsetof(struct rsdp, length));
	rsdp->extended_checksum = checksum(rsdp, sizeof(*rsdp));

	fill_header(&xsdt->header, "XSDT", XSDT_REVISION, sizeof(*xsdt));
	xsdt->tables[0] = address + FADT_AT;
	xsdt->tables[1] = address + MADT_AT;
	finish(&xsdt->header);

	fill_header(&fadt->header, "FACP", FADT_REVISION, sizeof(*fadt));
	fadt->x_dsdt = address + DSDT_AT;
	fadt->dsdt = (uint32_t)fadt->x_dsdt;
	fadt->boot_flags = NO_VGA | NO_CMOS_RTC;
	fadt->flags = WBINVD | HARDWARE_REDUCED;
	finish(&fadt->header);

	fill_header(dsdt, "DSDT", DSDT_REVISION, sizeof(*dsdt));
	finish(dsdt);

	fill_header(&madt->header, "APIC", MADT_REVISION,
	            (uint32_t)(offsetof(struct madt, processors) + cpu_count * sizeof(struct local_apic)));
	madt->local_apic_address = LOCAL_APIC_ADDRESS;
	for (i = 0; i < cpu_count; i++)
		madt->processors[i] = (struct local_apic){
		    .type = MADT_LOCAL_APIC,
		    .length = sizeof(struct local_apic),
		    .processor_id = (uint8_t)i,
		    .apic_id = (uint8_t)(i * 2), /* as Xen numbers them */
		    .flags = APIC_ENABLED,
		};
	finish(&madt->header);
}
