# ddrec: build, test, install. `make help` lists the goals.

PREFIX ?= /usr/local
O ?= build
CC ?= cc
CFLAGS ?= -O2 -g
WERROR ?=
SAN ?=
V ?=

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wimplicit-fallthrough
SAN_FLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALL_CFLAGS := -std=gnu17 -D_GNU_SOURCE -I. -I$(O)/gen $(WARNINGS) $(if $(WERROR),-Werror) $(CFLAGS) $(SAN_FLAGS)
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2);)

LIBS_record := -lzstd
LIBS_report := -ldw -lelf -lzstd -lz -lxml2 -liberty -lpthread
LIBS_test := -lcmocka -lm

objs = $(patsubst %.c,$(O)/obj/%.o,$(wildcard $(1)/*.c))
# A folder's main files make programs; the rest makes a library.
MAINS := $(O)/obj/common/ddrec_main.o $(O)/obj/record/record_main.o $(O)/obj/report/report_main.o
lib_objs = $(filter-out $(MAINS),$(call objs,$(1)))

PROGRAMS := $(patsubst %,$(O)/bin/%,ddrec ddrec-record ddrec-report)
TESTS := $(patsubst %.c,$(O)/%,$(wildcard */test/*_test.c))

all: $(PROGRAMS)

$(O)/obj/%.o: %.c
	$(Q)mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/lib%.a:
	$(Q)mkdir -p $(@D); rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $^

$(O)/libcommon.a: $(call lib_objs,common)
$(O)/librecord.a: $(call lib_objs,record)
$(O)/libformats.a: $(call lib_objs,formats)
$(O)/libreport.a: $(call lib_objs,report)

link = $(Q)mkdir -p $(@D); printf '  %-5s %s\n' LD $@; $(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^)

$(O)/bin/ddrec: $(O)/obj/common/ddrec_main.o $(O)/libcommon.a
	$(link) -lzstd
$(O)/bin/ddrec-record: $(O)/obj/record/record_main.o $(O)/librecord.a $(O)/libcommon.a
	$(link) $(LIBS_record)
$(O)/bin/ddrec-report: $(O)/obj/report/report_main.o $(O)/libreport.a $(O)/libformats.a $(O)/libcommon.a
	$(link) $(LIBS_report)

$(O)/common/test/%: $(O)/obj/common/test/%.o $(O)/libcommon.a
	$(link) -lzstd $(LIBS_test)
$(O)/record/test/%: $(O)/obj/record/test/%.o $(O)/librecord.a $(O)/libcommon.a
	$(link) $(LIBS_record) $(LIBS_test)
$(O)/formats/test/%: $(O)/obj/formats/test/%.o $(O)/libformats.a $(O)/libcommon.a
	$(link) $(LIBS_report) $(LIBS_test)
$(O)/report/test/%: $(O)/obj/report/test/%.o $(O)/libreport.a $(O)/libformats.a $(O)/librecord.a $(O)/libcommon.a
	$(link) $(LIBS_report) $(LIBS_test)

check: $(TESTS) $(PROGRAMS)
	$(Q)failed=0; for t in $(TESTS); do $$t || failed=1; done; exit $$failed

clean:
	rm -rf $(O)

.PHONY: all check clean
.SECONDARY:
-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
