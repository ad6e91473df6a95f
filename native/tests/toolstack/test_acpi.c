/* SPDX-License-Identifier: MIT */
/* The tables of a PVH guest, walked as a kernel walks them. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "acpi.h"
#include "test.h"

#define ADDRESS 0xfc000000ULL

static uint8_t tables[ACPI_SIZE];

static uint32_t number(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static bool sums_up(const uint8_t *bytes, size_t length)
{
	uint8_t sum = 0;

	while (length-- > 0)
		sum = (uint8_t)(sum + *bytes++);
	return sum == 0;
}

/* The table at a physical address that another one gave. */
static const uint8_t *table(const uint8_t *pointer, const char *signature)
{
	uint64_t address = number(pointer) | (uint64_t)number(pointer + 4) << 32;
	const uint8_t *found;

	CHECK(address >= ADDRESS && address < ADDRESS + ACPI_SIZE - 36);
	found = tables + (address - ADDRESS);
	CHECK(memcmp(found, signature, 4) == 0);
	CHECK(address + number(found + 4) <= ADDRESS + ACPI_SIZE);
	CHECK(sums_up(found, number(found + 4)));
	return found;
}

static void test_tables(uint32_t cpus)
{
	const uint8_t *xsdt, *fadt, *dsdt, *madt;

	memset(tables, 0xff, sizeof(tables));
	acpi_fill(tables, ADDRESS, cpus);
	CHECK(memcmp(tables, "RSD PTR ", 8) == 0);
	CHECK(tables[15] == 2 && sums_up(tables, 20) && sums_up(tables, 36));
	xsdt = table(tables + 24, "XSDT");
	CHECK(number(xsdt + 4) == 36 + 2 * 8);
	fadt = table(xsdt + 36, "FACP");
	CHECK((number(fadt + 112) & 1U << 20) != 0); /* hardware-reduced */
	dsdt = table(fadt + 140, "DSDT");
	CHECK(number(dsdt + 4) == 36);
	madt = table(xsdt + 44, "APIC");
	CHECK(number(madt + 36) == 0xfee00000U);
	CHECK(number(madt + 4) == 44 + cpus * 8);
	for (uint32_t i = 0; i < cpus; i++) {
		const uint8_t *cpu = madt + 44 + i * 8;

		CHECK(cpu[0] == 0 && cpu[1] == 8 && cpu[2] == i && cpu[3] == 2 * i && number(cpu + 4) == 1);
	}
}

int main(void)
{
	test_tables(1);
	test_tables(2);
	test_tables(ACPI_MAX_CPUS);
	return TEST_RESULT();
}
