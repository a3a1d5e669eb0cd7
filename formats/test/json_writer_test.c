/*
 * The JSON writer: what it writes is JSON, says what was put in, and names the first error. The
 * formats' tests read theirs with libjansson.
 */
#include "formats/json_writer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

struct output {
	struct json_writer w;
	char *text;
	size_t len;
	FILE *file;
};

static void start(struct output *o)
{
	o->file = open_memstream(&o->text, &o->len);
	assert_non_null(o->file);
	json_writer_open(&o->w, o->file);
}

static const char *finish(struct output *o)
{
	struct err err = { 0 };
	if (!json_writer_close(&o->w, &err))
		fail_msg("%s", err.text);
	fclose(o->file);
	return o->text;
}

static void commas_come_by_themselves(void **state)
{
	(void)state;
	struct output o;
	start(&o);
	json_put_object(&o.w);
	json_put_key(&o.w, "a"), json_put_array(&o.w), json_put_end(&o.w);
	json_put_key(&o.w, "b"), json_put_array(&o.w);
	json_put_u64(&o.w, 1), json_put_bool(&o.w, true), json_put_null(&o.w);
	json_put_object(&o.w), json_put_end(&o.w);
	json_put_end(&o.w);
	json_put_key(&o.w, "c"), json_put_object(&o.w);
	json_put_key(&o.w, "d"), json_put_string(&o.w, "e");
	/* What is open is ended. */
	assert_string_equal(finish(&o), "{\"a\":[],\"b\":[1,true,null,{}],\"c\":{\"d\":\"e\"}}\n");
	free(o.text);
}

static void pretty_json_has_a_line_for_each_value_of_an_object(void **state)
{
	(void)state;
	struct output o;
	start(&o);
	o.w.is_pretty = true;
	json_put_object(&o.w);
	json_put_key(&o.w, "a"), json_put_u64(&o.w, 1);
	json_put_key(&o.w, "b"), json_put_object(&o.w);
	json_put_key(&o.w, "c"), json_put_null(&o.w);
	assert_string_equal(finish(&o), "{\n \"a\": 1,\n \"b\": {\n  \"c\": null\n }\n}\n");
	free(o.text);
}

static const struct {
	const char *in, *out, *in_html;
} strings[] = {
	{ "", "\"\"", "\"\"" },
	{ "plain text", "\"plain text\"", "\"plain text\"" },
	{ "\"", "\"\\\"\"", "\"\\\"\"" },
	{ "a\\b\"c", "\"a\\\\b\\\"c\"", "\"a\\\\b\\\"c\"" },
	{ "tab\tline\n", "\"tab\\tline\\n\"", "\"tab\\tline\\n\"" },
	{ "\r\x01\x1b\x7f", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"", NULL },
	{ "</script>&", "\"</script>&\"", "\"\\u003c/script\\u003e\\u0026\"" },
	{ "\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\"", NULL },
	{ "\xc3\xa9 \xf0\x9f\x98\x80", "\"\xc3\xa9 \xf0\x9f\x98\x80\"", NULL },
	{ "a\xff\xfe"
	  "b",
		"\"a\xef\xbf\xbd\xef\xbf\xbd"
		"b\"",
		NULL },
	{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"", NULL },
	{ "\xe2\x80\xae", "\"\xef\xbf\xbd\"", NULL },
};

static void strings_may_be_any_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(strings); i++) {
		for (int in_html = 0; in_html < 2; in_html++) {
			const char *expected =
				in_html && strings[i].in_html ? strings[i].in_html : strings[i].out;
			struct output o;
			start(&o);
			o.w.safe_in_html = in_html;
			json_put_string(&o.w, strings[i].in);
			finish(&o);
			o.text[o.len - 1] = '\0';
			assert_string_equal(o.text, expected);
			free(o.text);
		}
	}
}

static void integers_are_exact(void **state)
{
	(void)state;
	struct output o;
	start(&o);
	json_put_array(&o.w);
	json_put_u64(&o.w, 0), json_put_u64(&o.w, 10), json_put_u64(&o.w, UINT64_MAX);
	json_put_i64(&o.w, -1), json_put_i64(&o.w, INT64_MAX), json_put_i64(&o.w, INT64_MIN);
	assert_string_equal(finish(&o),
		"[0,10,18446744073709551615,-1,9223372036854775807,-9223372036854775808]\n");
	free(o.text);
}

static const struct {
	int64_t value;
	unsigned decimals;
	const char *text;
} fixed[] = {
	{ 0, 6, "0" },
	{ 1, 6, "0.000001" },
	{ 1000000, 6, "1" },
	{ 1500000, 6, "1.5" },
	{ 123456789, 6, "123.456789" },
	{ 200040, 3, "200.04" },
	{ 70, 0, "70" },
	{ 100, 1, "10" },
	{ -2500, 3, "-2.5" },
	{ -1, 3, "-0.001" },
	{ INT64_MAX, 6, "9223372036854.775807" },
	{ INT64_MIN, 6, "-9223372036854.775808" },
};

static void fixed_numbers_are_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		struct output o;
		start(&o);
		json_put_fixed(&o.w, fixed[i].value, fixed[i].decimals);
		finish(&o);
		o.text[o.len - 1] = '\0';
		assert_string_equal(o.text, fixed[i].text);
		free(o.text);
	}
}

static void what_is_no_number_is_null(void **state)
{
	(void)state;
	struct output o;
	start(&o);
	json_put_array(&o.w);
	json_put_double(&o.w, 0.5, 3), json_put_double(&o.w, 2, 3),
		json_put_double(&o.w, 1.0 / 3, 2);
	json_put_double(&o.w, NAN, 3), json_put_double(&o.w, INFINITY, 3);
	assert_string_equal(finish(&o), "[0.5,2,0.33,null,null]\n");
	free(o.text);
}

static void output_goes_out_as_it_comes(void **state)
{
	(void)state;
	struct output o;
	start(&o);
	json_put_array(&o.w);
	for (int i = 0; i < 1000000; i++)
		json_put_u64(&o.w, 123456);
	assert_true(o.w.text.cap < 1 << 20);
	finish(&o);
	assert_int_equal(o.len, 7000002);
	free(o.text);
}

static void the_first_error_is_told(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct json_writer w;
	FILE *full = fopen("/dev/full", "w");
	if (!full)
		skip();
	json_writer_open(&w, full);
	json_put_array(&w);
	for (int i = 0; i < 1000000; i++)
		json_put_string(&w, "some text");
	assert_false(json_writer_close(&w, &err));
	assert_non_null(strstr(err.text, "No space left"));
	fclose(full);
}

static void depth_is_limited(void **state)
{
	(void)state;
	struct output o;
	struct err err = { 0 };
	start(&o);
	for (int i = 0; i <= JSON_MAX_DEPTH; i++)
		json_put_array(&o.w);
	assert_false(json_writer_close(&o.w, &err));
	assert_string_equal(err.text, "JSON: nested too deeply");
	fclose(o.file);
	free(o.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_come_by_themselves),
		cmocka_unit_test(pretty_json_has_a_line_for_each_value_of_an_object),
		cmocka_unit_test(strings_may_be_any_bytes),
		cmocka_unit_test(integers_are_exact),
		cmocka_unit_test(fixed_numbers_are_exact),
		cmocka_unit_test(what_is_no_number_is_null),
		cmocka_unit_test(output_goes_out_as_it_comes),
		cmocka_unit_test(the_first_error_is_told),
		cmocka_unit_test(depth_is_limited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
