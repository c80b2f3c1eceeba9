/* What a client wishes to be set by its first packet. */
#include "gate/postgres/session.h"

/* "name=value" to be remembered; false: no room. */
bool login_setting(struct login *l, struct str name, struct str value)
{
	buf_add(&l->settings, name);
	buf_addc(&l->settings, '=');
	buf_add(&l->settings, value);
	buf_addc(&l->settings, '\0');
	return !l->settings.failed;
}

/* One word of "options", its backslashes taken off. */
static bool option_word(struct str *text, struct buf *word)
{
	size_t i = 0;

	buf_clear(word);
	while (i < text->len && strchr(" \t\n\v\f\r", text->ptr[i]))
		i++;
	if (i == text->len)
		return false;
	for (; i < text->len && !strchr(" \t\n\v\f\r", text->ptr[i]); i++) {
		if (text->ptr[i] == '\\' && i + 1 < text->len)
			i++;
		buf_addc(word, text->ptr[i]);
	}
	*text = str_sub(*text, i, text->len);
	return true;
}

/* "-c a=b", "-ca=b" and "--a=b": nothing else. */
bool login_options(struct login *l, struct str text)
{
	auto_buf word = BUF_MAX(LOGIN_SETTINGS_MAX);

	while (option_word(&text, &word)) {
		struct str w = buf_str(&word);
		size_t equals;

		if (str_is(w, "-c")) {
			if (!option_word(&text, &word))
				return false;
			w = buf_str(&word);
		} else if (str_starts(w, STR("-c")) || str_starts(w, STR("--"))) {
			w = str_sub(w, 2, w.len);
		} else {
			return false;
		}
		equals = str_find_char(w, '=');
		if (equals == SIZE_MAX || !equals || !login_setting(l, str_sub(w, 0, equals), str_sub(w, equals + 1, w.len)))
			return false;
	}
	return true;
}

/* Text in these is read by the server byte by byte as the gate reads it: no byte of a character of theirs is a quote or a backslash.
 * Those of SJIS, BIG5, GBK, GB18030, UHC and JOHAB may be. The server reads a name's letters and digits alone, in either case. */
bool login_encoding(struct str e)
{
	static const char *const whole[] = { "utf8", "unicode", "sqlascii", "muleinternal", "koi8", "koi8r", "koi8u", "alt", "win",
					     "win866", "win874", "windows866", "windows874", "abc", "tcvn", "tcvn5712", "vscii" };
	static const char *const begins[] = { "latin", "iso8859", "euc", "win125", "windows125" };
	char plain[64];
	size_t n = 0;

	for (size_t i = 0; i < e.len; i++) {
		char c = e.ptr[i];

		if (n + 1 >= sizeof(plain))
			return false;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			plain[n++] = c;
	}
	plain[n] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
		if (!strcmp(plain, whole[i]))
			return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		if (!strncmp(plain, begins[i], strlen(begins[i])))
			return true;
	}
	return false;
}

/* Names of settings have nothing else; a dot parts those of extensions. */
static bool in_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* The server itself says whether such a name exists; whether it may be set at all is judged as SET would be. */
bool login_settings_pass(struct session *s, struct message_error *ret)
{
	struct str left = buf_str(&s->login->settings);
	auto_buf text = BUF_MAX(LOGIN_SETTINGS_MAX * 3);

	while (left.len) {
		struct str one = str_sub(left, 0, str_find_char(left, '\0'));
		size_t equals = str_find_char(one, '=');
		struct statement_answer a;

		left = str_sub(left, one.len + 1, left.len);
		buf_clear(&text);
		buf_adds(&text, "SET ");
		for (size_t i = 0; i < equals; i++) {
			char c = one.ptr[i];

			buf_addc(&text, in_name(c) ? c : '?');
		}
		buf_adds(&text, " TO '");
		for (size_t i = equals + 1; i < one.len; i++) {
			if (one.ptr[i] == '\'')
				buf_addc(&text, '\'');
			buf_addc(&text, one.ptr[i]);
		}
		buf_addc(&text, '\'');
		relay_weigh(s, buf_str(&text), &a);
		if (text.failed || a.n != 1 || (a.statements->ruling != RULING_SESSION && !s->worker->server->o.permissive)) {
			*ret = (struct message_error){ "FATAL", "PW004",
						       STR("pawl: the connection asks for a "
							   "setting that may not be set here"),
						       STR_NONE };
			if (a.n == 1 && a.statements->ruling == RULING_REFUSE)
				ret->message = a.statements->message;
			return false;
		}
		if (relay_effects_any(a.statements))
			relay_effects_of_login(s, a.statements);
	}
	return true;
}
