/* SPDX-License-Identifier: MIT */
/*
 * The ACPI tables of a PVH guest: it has no firmware, and without them a kernel finds one processor only.
 * RSDP, XSDT, FADT, MADT and an empty DSDT, for a machine with local APICs and nothing else
 * ("hardware-reduced").
 */
#ifndef TOOLSTACK_ACPI_H
#define TOOLSTACK_ACPI_H

#include <stdint.h>

#define ACPI_SIZE     4096 /* bytes that they are given */
#define ACPI_MAX_CPUS 128  /* as many as Xen gives a PVH guest; their APIC ids are even, and end below 255 */

/* Fills `tables`, which the guest will find at physical address `address`; the RSDP comes first. */
void acpi_fill(uint8_t tables[ACPI_SIZE], uint64_t address, uint32_t cpu_count);

#endif
