/* A SHA-256 as S3 writes it: in base64. */
#include "base/digest.h"
#include "recovery/s3.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 32 bytes: 43 letters and one '='. */
bool s3_sum_read(const char *sum, struct digest *ret)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	if (strlen(sum) != 44 || sum[43] != '=')
		return false;
	for (size_t i = 0; i < 43; i++) {
		const char *at = strchr(letters, sum[i]);

		if (!at)
			return false;
		bits = (bits << 6 | (uint32_t)(at - letters)) & 0xffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			ret->b[n++] = (uint8_t)(bits >> have & 0xff);
		}
	}
	return n == DIGEST_LEN && !(bits & 3);
}

void s3_sum(struct str body, char ret[S3_SUM])
{
	struct digest d = digest_of(body.ptr ? body.ptr : "", body.len);
	uint8_t padded[DIGEST_LEN + 1] = { 0 };
	size_t n = 0;

	memcpy(padded, d.b, DIGEST_LEN);
	for (size_t i = 0; i < sizeof(padded); i += 3) {
		uint32_t three = (uint32_t)padded[i] << 16 | (uint32_t)padded[i + 1] << 8 | padded[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6)
			ret[n++] = letters[three >> shift & 63];
	}
	ret[n - 1] = '='; /* 32 bytes: one short of a multiple of three */
	ret[n] = 0;
}
