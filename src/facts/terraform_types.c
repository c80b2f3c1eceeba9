#include "facts/terraform_types.h"

/* Generated: terraform_type_rows[], sorted by type in byte order. */
#include "terraform_types_rows.inc"

const struct terraform_type *terraform_type_nth(size_t i)
{
	return i < ARRAY_LEN(terraform_type_rows) ? &terraform_type_rows[i] : NULL;
}

const struct terraform_type *terraform_type_find(struct str type)
{
	size_t lo = 0, hi = ARRAY_LEN(terraform_type_rows);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = str_cmp(type, terraform_type_rows[mid].type);

		if (d == 0)
			return &terraform_type_rows[mid];
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}
