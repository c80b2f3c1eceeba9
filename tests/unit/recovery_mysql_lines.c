/* A dump on its way to a server that has the live database beside: in whatever pieces it comes. */
#include "base/buf.h"
#include "recovery/mysql_lines.h"
#include "unit.h"

static const char dump[] = "-- MariaDB dump\nCREATE TABLE `a` (b int);\nINSERT INTO `a` VALUES ('-- Dumping events for database \\n'),(2);\n"
			   "/*!50106 CREATE x */ no event here\n--\n-- Dumping events for database 'shop'\n--\nDELIMITER ;;\n"
			   "ALTER DATABASE `shop` CHARACTER SET latin1 ;;\n/*!50106 CREATE*/ /*!50106 EVENT `e` DO DELETE FROM shop.a */ ;;\n"
			   "/*!50106 CREATE*/ /*!50106 EVENT `f` DO SELECT 1 */ ;;\nDELIMITER ;\n--\n"
			   "-- Dumping routines for database 'shop'\n--\nCREATE PROCEDURE p() BEGIN\n\n-- Dumping\nEND;;\n-- Dump completed";
static const char passes[] = "-- MariaDB dump\nCREATE TABLE `a` (b int);\nINSERT INTO `a` VALUES ('-- Dumping events for database \\n'),(2);\n"
			     "/*!50106 CREATE x */ no event here\n--\n"
			     "-- Dumping routines for database 'shop'\n--\nCREATE PROCEDURE p() BEGIN\n\n-- Dumping\nEND;;\n-- Dump completed";

static bool keep(void *ctx, const char *p, size_t n, struct err *err)
{
	(void)err;
	buf_add(ctx, (struct str){ p, n });
	return true;
}

static bool feed(struct mysql_lines *l, struct str text, size_t piece, struct err *err)
{
	for (; text.len; text = str_sub(text, piece, SIZE_MAX)) {
		if (!mysql_lines_add(l, text.ptr, text.len < piece ? text.len : piece, err))
			return false;
	}
	return mysql_lines_end(l, err);
}

static void events_stay_behind(void **state)
{
	(void)state;
	for (size_t piece = 1; piece <= sizeof(dump); piece++) {
		auto_buf out = BUF_MAX(4096);
		struct mysql_lines l = { .pass = keep, .ctx = &out };
		struct err err = { 0 };

		assert_true(feed(&l, STR(dump), piece, &err));
		assert_str(buf_str(&out), passes);
		assert_int_equal(l.events, 2);
	}
}

static void a_database_is_named_to_nobody(void **state)
{
	static const char *const names[] = { "ALTER DATABASE `shop` CHARACTER SET latin1;\n", "USE `shop`;\n", "DROP DATABASE IF EXISTS `shop`;",
					     "CREATE DATABASE `shop`" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		for (size_t piece = 1; piece < 50; piece++) {
			auto_buf out = BUF_MAX(4096), text = BUF_MAX(4096);
			struct mysql_lines l = { .pass = keep, .ctx = &out };
			struct err err = { 0 };

			buf_adds(&text, "SELECT 1;\n");
			buf_adds(&text, names[i]);
			assert_false(feed(&l, buf_str(&text), piece, &err));
			assert_int_equal(err.code, ERR_DENIED);
			assert_str(buf_str(&out), "SELECT 1;\n");
		}
	}
}

static void what_only_looks_so_passes(void **state)
{
	static const char text[] = "INSERT INTO `a` VALUES ('\\nUSE `shop`');\n USE `shop`\nUSER `x`\nALTER TABLE `DATABASE` ENGINE=InnoDB;\n";
	auto_buf out = BUF_MAX(4096);
	struct mysql_lines l = { .pass = keep, .ctx = &out };
	struct err err = { 0 };

	(void)state;
	assert_true(feed(&l, STR(text), 7, &err));
	assert_str(buf_str(&out), text);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(events_stay_behind),
	cmocka_unit_test(a_database_is_named_to_nobody),
	cmocka_unit_test(what_only_looks_so_passes),
};

UNIT_MAIN(tests)
