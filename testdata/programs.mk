# The programs to profile: testdata/programs/NAME.c becomes $(O)/testdata/NAME. What each proves is in
# its first lines and in testdata/README.md. They are built as most distributions build: optimized,
# with debug information, without frame pointers. FLAGS_name says what is special about one.

TESTPROG_CC ?= $(if $(findstring clang,$(CC)),gcc,$(CC))
TESTPROG_CXX ?= g++
TESTPROG_CFLAGS := -O2 -g -fomit-frame-pointer -fasynchronous-unwind-tables -D_GNU_SOURCE \
	-Wno-attributes
T := $(O)/testdata
P := testdata/programs

TESTPROGS := $(addprefix $(T)/,known_shares known_tree threads200 fork_storm dlopen_loop \
	plugin_a.so plugin_b.so deep_recursion signal_altstack signal_samestack exceptions \
	secret_stack script_name jit_like \
	known_tree_static known_tree_static_pie known_tree_stripped known_tree_fp)
# Made only where the compiler is there; tests that need them skip elsewhere.
TESTPROGS += $(if $(shell command -v clang),$(T)/known_tree_clang)
TESTPROGS += $(if $(shell command -v rustc),$(T)/shares_rust)

FLAGS_threads200 := -pthread
FLAGS_dlopen_loop := -ldl
FLAGS_plugin_a.so := -shared -fPIC -DPLUGIN_FUNCTION=plugin_a_work
FLAGS_plugin_b.so := -shared -fPIC -DPLUGIN_FUNCTION=plugin_b_work
FLAGS_known_tree_static := -static
FLAGS_known_tree_static_pie := -static-pie
FLAGS_known_tree_stripped := -g0 -s
FLAGS_known_tree_fp := -fno-omit-frame-pointer

testprogs: $(TESTPROGS) ## build the programs to profile, into build/testdata

TESTPROG_HEADERS := $(wildcard $(P)/*.h)
testprog = $(Q)mkdir -p $(@D)$(if $(V),,; printf '  %-5s %s\n' PROG $@); \
	$(1) $(TESTPROG_CFLAGS) -o $@ $< $(FLAGS_$(@F))

$(T)/plugin_%.so: $(P)/plugin.c $(TESTPROG_HEADERS)
	$(call testprog,$(TESTPROG_CC))
$(T)/known_tree_clang: $(P)/known_tree.c $(TESTPROG_HEADERS)
	$(call testprog,clang)
$(T)/known_tree_%: $(P)/known_tree.c $(TESTPROG_HEADERS)
	$(call testprog,$(TESTPROG_CC))
$(T)/exceptions: $(P)/exceptions.cc $(TESTPROG_HEADERS)
	$(call testprog,$(TESTPROG_CXX))
$(T)/shares_rust: $(P)/shares.rs
	$(Q)mkdir -p $(@D)$(if $(V),,; printf '  %-5s %s\n' PROG $@); rustc -O -g -o $@ $<
$(T)/%: $(P)/%.c $(TESTPROG_HEADERS)
	$(call testprog,$(TESTPROG_CC))

.PHONY: testprogs
