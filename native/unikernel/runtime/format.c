/* SPDX-License-Identifier: MIT */
/* The engine of the printf family: a pattern in, pieces of text out to a sink. */
#include "runtime.h"

struct field {
	bool left, zero;
	int width, precision; /* precision -1: none given */
	int length;           /* how many l, negative: how many h */
};

static void pad(format_sink sink, void *context, char filler, int count)
{
	for (; count > 0; count--)
		sink(context, &filler, 1);
}

/* Prefix (a sign or 0x), digits and padding of a number. */
static int put_number(format_sink sink, void *context, const struct field *field, const char *prefix,
                      uint64_t value, unsigned int base, const char *digits)
{
	char text[24];
	int start = sizeof(text), length, prefix_length = (int)strlen(prefix), zeros = 0, blanks;

	do {
		text[--start] = digits[value % base];
		value /= base;
	} while (value != 0);
	length = (int)sizeof(text) - start;
	if (field->precision > length)
		zeros = field->precision - length;
	else if (field->zero && !field->left && field->precision < 0)
		zeros = field->width - prefix_length - length;
	if (zeros < 0)
		zeros = 0;
	blanks = field->width - prefix_length - zeros - length;
	if (blanks < 0)
		blanks = 0;
	if (!field->left)
		pad(sink, context, ' ', blanks);
	sink(context, prefix, (size_t)prefix_length);
	pad(sink, context, '0', zeros);
	sink(context, text + start, (size_t)length);
	if (field->left)
		pad(sink, context, ' ', blanks);
	return prefix_length + zeros + length + blanks;
}

static int put_string(format_sink sink, void *context, const struct field *field, const char *text)
{
	int length = 0, blanks;

	if (text == NULL)
		text = "(null)";
	while ((field->precision < 0 || length < field->precision) && text[length] != '\0')
		length++;
	blanks = field->width > length ? field->width - length : 0;
	if (!field->left)
		pad(sink, context, ' ', blanks);
	sink(context, text, (size_t)length);
	if (field->left)
		pad(sink, context, ' ', blanks);
	return length + blanks;
}

/* Reads flags, width, precision and length; returns the conversion character's place. */
static const char *parse_field(const char *p, struct field *field, va_list *arguments)
{
	const char *end;

	*field = (struct field){.precision = -1};
	for (;; p++) {
		if (*p == '-')
			field->left = true;
		else if (*p == '0')
			field->zero = true;
		else
			break;
	}
	if (*p == '*') {
		field->width = va_arg(*arguments, int);
		p++;
	} else {
		field->width = (int)parse_unsigned(p, &end);
		p = end;
	}
	if (*p == '.' && p[1] == '*') {
		field->precision = va_arg(*arguments, int);
		p += 2;
	} else if (*p == '.') {
		field->precision = (int)parse_unsigned(p + 1, &end);
		p = end;
	}
	for (;; p++) {
		if (*p == 'l')
			field->length++;
		else if (*p == 'z')
			field->length = 1;
		else if (*p == 'h')
			field->length--;
		else
			break;
	}
	return p;
}

int format(format_sink sink, void *context, const char *pattern, va_list list)
{
	struct field field;
	va_list arguments;
	const char *p;
	uint64_t value;
	int64_t number;
	int total = 0;
	char character;

	va_copy(arguments, list);
	for (p = pattern; *p != '\0'; p++) {
		size_t plain = 0;

		while (p[plain] != '\0' && p[plain] != '%')
			plain++;
		if (plain > 0) {
			sink(context, p, plain);
			total += (int)plain;
			p += plain;
		}
		if (*p == '\0')
			break;
		p = parse_field(p + 1, &field, &arguments);
		switch (*p) {
		case 'd':
		case 'i':
			number = field.length > 0 ? va_arg(arguments, long) : va_arg(arguments, int);
			value = number < 0 ? -(uint64_t)number : (uint64_t)number;
			total +=
			    put_number(sink, context, &field, number < 0 ? "-" : "", value, 10, "0123456789");
			break;
		case 'u':
			value = field.length > 0 ? va_arg(arguments, unsigned long)
			                         : va_arg(arguments, unsigned int);
			total += put_number(sink, context, &field, "", value, 10, "0123456789");
			break;
		case 'x':
		case 'X':
			value = field.length > 0 ? va_arg(arguments, unsigned long)
			                         : va_arg(arguments, unsigned int);
			total += put_number(sink, context, &field, "", value, 16,
			                    *p == 'x' ? "0123456789abcdef" : "0123456789ABCDEF");
			break;
		case 'p':
			value = (uint64_t)va_arg(arguments, void *);
			total += put_number(sink, context, &field, "0x", value, 16, "0123456789abcdef");
			break;
		case 'c':
			character = (char)va_arg(arguments, int);
			sink(context, &character, 1);
			total++;
			break;
		case 's':
			total += put_string(sink, context, &field, va_arg(arguments, const char *));
			break;
		case '\0': /* the pattern ends inside a field */
			p--;
			break;
		default:
			sink(context, p, 1);
			total++;
			break;
		}
	}
	va_end(arguments);
	return total;
}
