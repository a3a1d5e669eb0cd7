/*
 * One HTML page that needs nothing else: flame graph, callers and callees, table and time line.
 *
 * The page is made of files beside this one: html_page.html is its body, html.css its looks,
 * html_*.js what it does, joined by the Makefile. This file puts them together with the profile's
 * data (html_data.c), which it streams.
 *
 * Names come from anywhere. They stand only in the data, a block of JSON that no browser runs, and
 * in the title, escaped; the scripts show them by textContent and on a canvas. Should one get out
 * all the same, the Content-Security-Policy runs no script but the one whose hash it names, and
 * nothing may be fetched.
 */
#include "formats/format.h"
#include "formats/html_data.h"
#include "formats/html_rows.h"
#include "formats/output.h"
#include "formats/xml_escape.h"

/* Made by the Makefile: the files, and the SHA-256 of script and style in base64. */
#include "html.css.h"
#include "html.js.h"
#include "html_hashes.h"
#include "html_page.html.h"

static const char *title_of(const struct profile *p, const struct format_options *options)
{
	const char *command = profile_string(p, p->meta.command);
	return options->title ? options->title : *command ? command : "Profile";
}

static void add_head(struct buf *out, const char *title)
{
	buf_str(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"script-src 'sha256-" HTML_SCRIPT_SHA256 "'; style-src 'sha256-" HTML_STYLE_SHA256
		"'; base-uri 'none'; form-action 'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	xml_escape(out, title);
	buf_str(out, "</title>\n<style>");
	buf_str(out, html_css);
	buf_str(out, "</style>\n</head>\n");
	buf_str(out, html_page_html);
}

static bool add_data(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	struct json_writer w;
	json_writer_open(&w, out);
	w.safe_in_html = true;
	struct err closing = { 0 };
	bool ok = html_data_write(&w, p, options, HTML_MAX_ROWS, err);
	if (!json_writer_close(&w, &closing) && ok) {
		*err = closing;
		return false;
	}
	return ok;
}

static bool html_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT;
	add_head(&text, title_of(p, options));
	buf_str(&text, "<script type=\"application/json\" id=\"data\">");
	if (!output_write(&text, out, err) || !add_data(p, options, out, err))
		return false;
	buf_clear(&text);
	buf_str(&text, "</script>\n<script>");
	buf_str(&text, html_js);
	buf_str(&text, "</script>\n</body>\n</html>\n");
	return output_write(&text, out, err);
}

const struct format format_html = {
	.name = "html",
	.summary = "flame graph, callers and callees, table and time line in one page",
	.default_file = "profile.html",
	.needs_times = true,
	.needs_threads = true,
	.write = html_write,
};
