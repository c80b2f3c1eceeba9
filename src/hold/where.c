#include "hold/where.h"

#include <sys/utsname.h>

#include "base/digest.h"
#include "base/fd.h"

void where_host(char ret_host[WHERE_LEN + 1])
{
	auto_buf b = BUF_MAX(4096);
	char hex[DIGEST_HEX_LEN + 1];
	struct digest_run run;
	struct utsname u;
	struct digest d;

	if (!file_read("/etc/machine-id", &b, NULL) || str_trim(buf_str(&b)).len == 0) {
		buf_clear(&b);
		if (uname(&u) == 0)
			buf_adds(&b, u.nodename);
	}
	digest_begin(&run);
	digest_field(&run, STR("pawl-host-1"), str_trim(buf_str(&b)));
	d = digest_end(&run);
	digest_hex(&d, hex);
	memcpy(ret_host, hex, WHERE_LEN);
	ret_host[WHERE_LEN] = '\0';
}
