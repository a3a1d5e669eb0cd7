# ddrec: build, test, install. `make help` lists the goals.

PREFIX ?= /usr/local
O ?= build
CC ?= cc
CFLAGS ?= -O2 -g
CROSS ?= aarch64-linux-gnu-
WERROR ?=
SAN ?=
V ?=
FUZZ_SECONDS ?= 60

# Sanitized objects live apart, so that they never mix with others.
comma := ,
override O := $(O)$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wimplicit-fallthrough
SAN_FLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALL_CFLAGS := -std=gnu17 -D_GNU_SOURCE -I. -I$(O)/gen -isystem /usr/include/libxml2 $(WARNINGS) $(if $(WERROR),-Werror) $(CFLAGS) $(SAN_FLAGS)
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2);)

LIBS_record := -lzstd
LIBS_report := -ldw -lelf -lzstd -lz -liberty -lm -lpthread -ldl
LIBS_test := -lcmocka -lm
LIBS_views_test := $(LIBS_test) -ljansson
# What must be there, each found by compiling common/probe/NAME.c.
PROBES_record := zstd
PROBES_report := zstd elfutils zlib libiberty libxml2 capstone debuginfod
PROBES_test := cmocka jansson

PARTS := common record formats report
objs = $(patsubst %.c,$(O)/obj/%.o,$(wildcard $(1)/*.c))
# A folder's main files make programs; the rest makes a library.
MAINS := $(O)/obj/common/ddrec_main.o $(O)/obj/record/record_main.o $(O)/obj/report/report_main.o
lib_objs = $(filter-out $(MAINS),$(call objs,$(1)))

PROGRAMS := $(patsubst %,$(O)/bin/%,ddrec ddrec-record ddrec-report)
TESTS := $(patsubst %.c,$(O)/%,$(wildcard $(PARTS:%=%/test/*_test.c)))
FUZZERS := $(patsubst %.c,$(O)/%,$(wildcard $(PARTS:%=%/test/fuzz_*.c)))
# Programs that test scripts call.
TOOLS := $(patsubst %.c,$(O)/%,$(wildcard $(PARTS:%=%/test/tool_*.c)))
CORPUS_MAIN := $(O)/obj/common/test/corpus_main.o
# What several tests share is neither a test nor a fuzz entry: it goes to libtest.a.
TEST_OBJS := $(foreach p,$(PARTS),$(call objs,$(p)/test))
TEST_MAINS := $(CORPUS_MAIN) $(patsubst $(O)/%,$(O)/obj/%.o,$(TESTS) $(FUZZERS) $(TOOLS))

all: $(PROGRAMS) ## build the programs into build/bin (the default)

include testdata/programs.mk

$(O)/obj/%.o: %.c
	$(Q)mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Assets that a program carries: formats/x.js becomes $(O)/gen/x.js.h, an array of its bytes with
# a NUL at the end, named x_js. od and sed are on every system that has make.
gen_asset = { echo 'static const char $(subst .,_,$*)[] = {'; od -An -v -tx1 $< | \
	sed 's/[0-9a-f][0-9a-f]/0x&,/g'; echo '0 };'; } >$@.tmp && mv $@.tmp $@
$(O)/gen/%.h: formats/%
	$(Q)mkdir -p $(@D)
	$(call say,GEN,$@)$(gen_asset)
$(O)/gen/%.h: report/%
	$(Q)mkdir -p $(@D)
	$(call say,GEN,$@)$(gen_asset)
$(O)/gen/%.h: $(O)/gen/%
	$(call say,GEN,$@)$(gen_asset)
$(O)/obj/formats/flamegraph.o: $(O)/gen/flamegraph.js.h $(O)/gen/flamegraph.css.h

# The HTML page's script is one, of several files; the page names its hash and that of its style.
HTML_JS := $(patsubst %,formats/html_%.js,data sums tree pane graph list table timeline brush state panel keys main)
$(O)/gen/html.js: $(HTML_JS)
	$(Q)mkdir -p $(@D)
	$(call say,GEN,$@)cat $^ >$@
sha256 = sha256sum $(1) | cut -c1-64 | sed 's/../\\x&/g' | tr -d '\n' | xargs -0 env printf | base64
$(O)/gen/html_hashes.h: $(O)/gen/html.js formats/html.css
	$(call say,GEN,$@)printf '#define HTML_SCRIPT_SHA256 "%s"\n#define HTML_STYLE_SHA256 "%s"\n' \
		"$$($(call sha256,$(O)/gen/html.js))" "$$($(call sha256,formats/html.css))" >$@
$(O)/obj/formats/html.o: $(patsubst %,$(O)/gen/%.h,html.js html.css html_page.html html_hashes)
$(O)/obj/report/annotate_html.o: $(O)/gen/annotate.css.h

$(O)/lib%.a:
	$(Q)mkdir -p $(@D); rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $^

$(O)/libcommon.a: $(call lib_objs,common)
$(O)/librecord.a: $(call lib_objs,record)
$(O)/libformats.a: $(call lib_objs,formats)
$(O)/libreport.a: $(call lib_objs,report)
$(O)/libtest.a: $(filter-out $(TEST_MAINS),$(TEST_OBJS))

link = $(Q)mkdir -p $(@D); printf '  %-5s %s\n' LD $@; $(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^)

$(O)/bin/ddrec: $(O)/obj/common/ddrec_main.o $(O)/libcommon.a
	$(link)
$(O)/bin/ddrec-record $(O)/static/ddrec-record: $(O)/obj/record/record_main.o $(O)/librecord.a $(O)/libcommon.a
	$(link) $(LIBS_record)
$(O)/bin/ddrec-report: $(O)/obj/report/report_main.o $(O)/libreport.a $(O)/libformats.a $(O)/libcommon.a
	$(link) $(LIBS_report)

$(O)/common/test/%: $(O)/obj/common/test/%.o $(O)/libtest.a $(O)/libcommon.a
	$(link) $(LIBS_record) $(LIBS_test)
$(O)/record/test/%: $(O)/obj/record/test/%.o $(O)/libtest.a $(O)/librecord.a $(O)/libcommon.a
	$(link) $(LIBS_record) $(LIBS_test)
$(O)/formats/test/%: $(O)/obj/formats/test/%.o $(O)/libtest.a $(O)/libformats.a $(O)/libcommon.a
	$(link) $(LIBS_report) $(LIBS_views_test)
$(O)/report/test/%: $(O)/obj/report/test/%.o $(O)/libtest.a $(O)/libreport.a $(O)/libformats.a $(O)/librecord.a $(O)/libcommon.a
	$(link) $(LIBS_report) $(LIBS_views_test)

# A fuzz entry becomes a fuzzer under SAN=fuzzer-no-link,..., and a replayer of its corpus otherwise.
ifneq ($(findstring fuzzer,$(SAN)),)
$(FUZZERS): LDFLAGS += -fsanitize=fuzzer
else
$(FUZZERS): $(CORPUS_MAIN)
endif

probes = $(if $(NO_PROBES),,$(patsubst %,$(O)/probe/%,$(1)))
$(call objs,common) $(call objs,record): | $(call probes,$(PROBES_record))
$(call objs,formats) $(call objs,report): | $(call probes,$(PROBES_report))
$(TEST_OBJS): | $(call probes,$(PROBES_test))
$(O)/probe/%: common/probe/%.c common/probe/probe.sh
	@$(DEPS_ENV) common/probe/probe.sh stamp $* $@

DEPS_ENV = CC='$(CC)' PROBES_build='$(PROBES_report)' PROBES_test='$(PROBES_test)'
deps: ## install what building needs, with apt; does nothing when it is there
	@$(DEPS_ENV) common/probe/deps.sh install build
deps-test: ## the same for what the tests need
	@$(DEPS_ENV) common/probe/deps.sh install test

demo: deps ## record the compiler at work and draw a flame graph
	@$(MAKE) --no-print-directory all
	@CC='$(CC)' testdata/demo.sh $(O)

check: deps-test ## run all tests; CHECKS='pattern...' picks, UPDATE=1 rewrites expected output
	@$(MAKE) --no-print-directory run-checks
tests: $(PROGRAMS) $(TESTS) $(FUZZERS) $(TOOLS) testprogs ## build all that check runs
run-checks: tests
	@CC='$(CC)' common/test/run_checks.sh $(O) $(CHECKS)

check-clients: ## read every format with the programs it is for; CLIENTS='pprof rust' picks, FRESH=1 records anew
	@$(MAKE) --no-print-directory client-tools
	@CC='$(CC)' formats/test/clients/run.sh $(O) $(CLIENTS)
client-tools: all testprogs $(O)/formats/test/tool_demo $(O)/report/test/tool_multiply_trace

check-cross: ## compile common and record for aarch64, and run what can be run
	@common/test/run_cross.sh $(O)/aarch64 $(CROSS)
cross-objs: $(foreach p,common record common/test record/test,$(call objs,$(p)))
cross-tests: $(filter $(O)/common/% $(O)/record/%,$(TESTS)) $(O)/bin/ddrec $(O)/bin/ddrec-record

fuzz: ## fuzz every entry for FUZZ_SECONDS (60) with clang's libFuzzer
	@$(MAKE) --no-print-directory SAN=fuzzer-no-link,address,undefined CC=clang run-fuzz
run-fuzz: $(FUZZERS)
	@common/test/run_fuzz.sh $(O) $(FUZZ_SECONDS) $(FUZZERS)

BENCH_TOOLS := $(patsubst %,$(O)/report/test/%,unwind_bench tool_symbolize tool_multiply_trace)
bench-tools: $(BENCH_TOOLS)
bench: all ## ddrec beside perf and other peers, one table; BENCH='record --quick' picks parts and options
	-@$(MAKE) --no-print-directory bench-tools
	@STACKS='$(STACKS)' testdata/bench/run.sh -O $(O) $(BENCH)

static: LDFLAGS += -static
static: $(O)/static/ddrec-record ## one static ddrec-record, to copy to other machines

MAN = $(wildcard docs/*.$(1))
SHARE := $(DESTDIR)$(PREFIX)/share
INSTALLED := $(patsubst $(O)/%,$(DESTDIR)$(PREFIX)/%,$(PROGRAMS)) \
	$(patsubst docs/%,$(SHARE)/man/man1/%,$(call MAN,1)) $(patsubst docs/%,$(SHARE)/man/man5/%,$(call MAN,5)) \
	$(patsubst %,$(SHARE)/bash-completion/completions/%,ddrec ddrec-record ddrec-report) $(SHARE)/zsh/site-functions/_ddrec \
	$(SHARE)/fish/vendor_completions.d/ddrec.fish
install: all ## install into $(DESTDIR)$(PREFIX)
	install -d $(sort $(dir $(INSTALLED)))
	install $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(call MAN,1) $(SHARE)/man/man1/
	$(if $(call MAN,5),install -m 644 $(call MAN,5) $(SHARE)/man/man5/)
	install -m 644 docs/completion/ddrec.bash $(SHARE)/bash-completion/completions/ddrec
	ln -sf ddrec $(SHARE)/bash-completion/completions/ddrec-record
	ln -sf ddrec $(SHARE)/bash-completion/completions/ddrec-report
	install -m 644 docs/completion/ddrec.zsh $(SHARE)/zsh/site-functions/_ddrec
	install -m 644 docs/completion/ddrec.fish $(SHARE)/fish/vendor_completions.d/
uninstall: ## remove what install put there
	rm -f $(INSTALLED)

format-check: ## does clang-format agree with every C file?
	clang-format --dry-run -Werror $(wildcard $(PARTS:%=%/*.[ch]) $(PARTS:%=%/*/*.[ch]) testdata/programs/*.c testdata/bench/*.c)
clean: ## remove build/
	rm -rf $(O)
help: ## show this
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile
	@echo '  Variables: O=DIR CC= CFLAGS= PREFIX= DESTDIR= V=1 WERROR=1 SAN=address,undefined'

.PHONY: all deps deps-test demo check tests run-checks check-clients client-tools check-cross cross-objs \
	cross-tests fuzz run-fuzz bench bench-tools static install uninstall format-check clean help
.SECONDARY:
-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
