# data-pipe: GNU make 4, C11, POSIX.2008.  "make help" lists the targets.
VERSION = 0.1.0
PREFIX ?= /usr/local
B ?= build
JOBS ?= 2
CC = gcc
CFLAGS ?=
PKG_CONFIG ?= pkg-config
DP_SUITES ?= $(abspath ../shared/suites)

# Drivers: auto (built when the library is there), yes (an error when not), no.
WITH_PG ?= auto
WITH_SQLITE ?= auto
WITH_PCRE ?= auto
WITH_IDN ?= auto
WITH_CURL ?= auto
WITH_ZLIB ?= auto
WITH_ZSTD ?= auto

# Expanded once: what pkg-config says is the same for every file.
INCS :=
LDLIBS := $(LDLIBS)
# $(call use,NAME,pkg-config module,sources without it): sets DP_HAVE_NAME
# and the flags, or leaves the driver's files out.
define use
ifneq ($(WITH_$(1)),no)
ifeq ($$(shell $$(PKG_CONFIG) --exists $(2) 2>/dev/null && echo y),y)
HAVE += $(1)
DEFS += -DDP_HAVE_$(1)
INCS += $$(shell $$(PKG_CONFIG) --cflags $(2))
LDLIBS += $$(shell $$(PKG_CONFIG) --libs $(2))
else
ifeq ($(WITH_$(1)),yes)
MISSING += $(2)
endif
WITHOUT += $(3)
endif
else
WITHOUT += $(3)
endif
endef
$(eval $(call use,PG,libpq,lib/sink/sink_pg% lib/queue/pg_%))
$(eval $(call use,SQLITE,sqlite3,lib/sink/sink_sqlite%))
$(eval $(call use,PCRE,libpcre2-8,lib/schema/pattern_pcre.c))
$(eval $(call use,IDN,libidn2,lib/schema/format_idn.c))
$(eval $(call use,CURL,libcurl,lib/schema/fetch_curl.c))
$(eval $(call use,ZLIB,zlib,lib/app/input_gz.c))
$(eval $(call use,ZSTD,libzstd,lib/app/input_zst.c lib/queue/packed.c))
LDLIBS += $(shell $(PKG_CONFIG) --libs libxxhash 2>/dev/null || echo -lxxhash) -ljq -lpthread

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wmissing-declarations -Wredundant-decls -Wnested-externs -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2 \
	-Wnull-dereference -Wswitch-enum -Wdouble-promotion \
	-Walloca -Wdate-time -Wunused-macros -Wbad-function-cast
GCCWARN = -Wformat-signedness -Wformat-overflow=2 -Wformat-truncation=1 \
	-Wduplicated-cond -Wduplicated-branches -Wlogical-op \
	-Wjump-misses-init -Wimplicit-fallthrough=5 -Wcast-align=strict \
	-Wstack-usage=16384 -Warith-conversion -Wtrampolines
HARDEN = -O2 -g -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection=full -fPIE -fno-common \
	-fno-strict-overflow
ifneq ($(findstring clang,$(CC)),clang)
HARDEN += -ftrivial-auto-var-init=zero
WARN += $(GCCWARN)
endif
HARDEN_LD = -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--as-needed
DP_CFLAGS = -std=c11 -D_GNU_SOURCE -Ilib $(DEFS) $(INCS) \
	-DDP_VERSION='"$(VERSION)"' $(WARN) $(HARDEN) -MMD -MP
LINK = $(CC) $(HARDEN) $(CFLAGS) $(HARDEN_LD) $(LDFLAGS) -o $@

LAYERS = base json app schema queue sink http
CMDS = $(patsubst cmd/%.c,%,$(wildcard cmd/*.c))
LIBSRC = $(filter-out $(WITHOUT),$(foreach l,$(LAYERS),$(wildcard lib/$(l)/*.c)))
LIBOBJ = $(LIBSRC:%.c=$(B)/%.o)
UNIT = $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/*_test.c))
FAILMEM = $(patsubst tests/unit/%.c,$(B)/tests/%,$(shell grep -l failmem.h tests/unit/*_test.c))
PAIRS_TEST = $(B)/tests/pairs
FUZZ = $(patsubst tests/fuzz/%.c,$(B)/tests/%,$(wildcard tests/fuzz/*_fuzz.c))

# A short line a command; V=1 shows the whole one.
say = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@echo '  $(1)	$@' &&)

all: $(CMDS:%=$(B)/%) ## build every program into build/

$(B)/libdp.a: $(LIBOBJ)
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $^
$(B)/%.o: %.c Makefile | found
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(DP_CFLAGS) $(CFLAGS) -c -o $@ $<
$(CMDS:%=$(B)/%): $(B)/%: $(B)/cmd/%.o $(B)/libdp.a
	$(call say,LD)$(LINK) $^ $(LDLIBS)
# A test that includes failmem.h has its allocator wrapped.
$(FAILMEM): tests/unit/failmem.c
$(FAILMEM): WRAP = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
$(B)/tests/%_test: tests/unit/%_test.c $(B)/libdp.a
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(DP_CFLAGS) $(CFLAGS) -Itests/unit $(HARDEN_LD) $(WRAP) $(LDFLAGS) \
		-o $@ $(filter %.c %.a,$^) $(LDLIBS)
# The obvious validator, and what compares it with the product.
REFERENCE = $(wildcard tests/reference/*.c)
$(PAIRS_TEST): $(REFERENCE) $(wildcard tests/reference/*.h) $(B)/libdp.a
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(DP_CFLAGS) $(CFLAGS) -Wno-cast-qual -Itests/reference \
		$(HARDEN_LD) $(LDFLAGS) -o $@ $(filter %.c %.a,$^) $(LDLIBS)
# The fuzz targets, as programs that take saved inputs.
REPLAY = tests/fuzz/replay.c
$(B)/tests/%_fuzz: tests/fuzz/%_fuzz.c $(REPLAY) $(B)/libdp.a
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(DP_CFLAGS) $(CFLAGS) $(HARDEN_LD) $(LDFLAGS) \
		-o $@ $(filter %.c %.a,$^) $(LDLIBS)

found:
	$(if $(MISSING),$(error asked for, but pkg-config does not know: $(MISSING)))
	@command -v $(CC) >/dev/null || \
		{ echo "no $(CC): run \"make deps\" as root" >&2; exit 1; }

deps: ## install the Debian packages that all of this needs (root)
	@tests/lib/deps build demo check lint

demo: ## see the main job run, from a file to a table, in ./demo
	@tests/lib/deps build demo
	@$(MAKE) --no-print-directory -s -j$(JOBS) all
	@BIN=$(abspath $(B)) examples/demo.sh

check: ## install what the tests need, build, run all tests
	@tests/lib/deps build check
	@$(MAKE) --no-print-directory -j$(JOBS) tests

# A recorder of what reaches the disk, and a command that keeps what it gets.
CRASH = $(B)/crash/record.so $(B)/crash/fault.so $(B)/crash/sink $(B)/crash/crowd

TESTS = $(UNIT) $(FUZZ) $(PAIRS_TEST) $(wildcard tests/cmd/*.t tests/docs/*.t \
	tests/drivers/*.t tests/crash/*.t)
RUN_TESTS = BIN=$(abspath $(B)) DP_SUITES=$(DP_SUITES) prove -e '' -j$(JOBS)
tests: all $(UNIT) $(FUZZ) $(PAIRS_TEST) $(CRASH) ## run all tests (all is installed)
	$(RUN_TESTS) $(TESTS)
check-unit: $(UNIT) $(FUZZ) $(PAIRS_TEST)
	$(RUN_TESTS) $(UNIT) $(FUZZ) $(PAIRS_TEST)
check-cmd: all
	$(RUN_TESTS) $(wildcard tests/cmd/*.t)
check-docs: all
	$(RUN_TESTS) $(wildcard tests/docs/*.t)

install: all ## PREFIX=/usr/local DESTDIR=: programs, pages, completions, units
	@BIN=$(B) PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) tests/lib/install install
uninstall: ## remove what install put there
	@BIN=$(B) PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) tests/lib/install uninstall

C_FILES = $(wildcard lib/*/*.[ch] cmd/*.c)
FORMATTED = $(C_FILES) $(wildcard tests/*/*.[ch])
lint: ## layers, lengths, format, shell, pages, clang-tidy, cppcheck
	JOBS=$(JOBS) B=$(B) tests/lint/run $(if $(LINTS),$(LINTS),)
format: ## put the sources into the project's format
	clang-format -i --style=file:tests/lint/clang-format $(FORMATTED)

SAN = -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
	-U_FORTIFY_SOURCE -Wno-stack-usage
asan: ## the tests under the address and undefined sanitizers
	$(MAKE) -j$(JOBS) B=$(B)/asan CFLAGS='$(SAN) -fsanitize=address,undefined' \
		check-unit check-cmd
tsan: ## the tests of what has threads under the thread sanitizer
	$(MAKE) -j$(JOBS) B=$(B)/tsan CFLAGS='$(SAN) -fsanitize=thread' all
	BIN=$(abspath $(B)/tsan) prove -e '' tests/cmd/load_pg.t tests/cmd/load_conflict.t \
		tests/cmd/jobs.t tests/cmd/rules.t
valgrind: $(UNIT) ## the unit tests under valgrind
	prove -j$(JOBS) -e 'valgrind -q --error-exitcode=99 --leak-check=full' $(UNIT)
portable: ## build and test without the wide loads of one processor
	$(MAKE) -j$(JOBS) B=$(B)/portable CFLAGS=-DDP_PORTABLE check-unit check-cmd
without: ## build with each driver left out, in turn and together
	for w in PG SQLITE PCRE IDN CURL ZLIB ZSTD; do \
		$(MAKE) -s -j$(JOBS) B=$(B)/no-$$w WITH_$$w=no CFLAGS=-Werror all || exit 1; done
	$(MAKE) -s -j$(JOBS) B=$(B)/none CFLAGS=-Werror WITH_PG=no WITH_SQLITE=no WITH_PCRE=no \
		WITH_IDN=no WITH_CURL=no WITH_ZLIB=no WITH_ZSTD=no all

FUZZ_TIME ?= 60
fuzz: ## each parser against random bytes, FUZZ_TIME=60 seconds each
	B=$(B)/fuzz FUZZ_TIME=$(FUZZ_TIME) tests/fuzz/run
PAIRS ?= 10000000
SEED ?= 1
pairs: $(PAIRS_TEST) ## PAIRS=10000000 random schemas and values against an obvious validator
	DP_SUITES=$(DP_SUITES) $(PAIRS_TEST) $(PAIRS) $(SEED)
real: all ## real schemas of npm packages: verdicts equal to ajv's
	BIN=$(abspath $(B)) REAL=$(abspath $(B))/real tests/real/run
# What the crash tests load and run.
$(B)/crash/%.so: LINK_AS = -shared -fPIC
$(B)/crash/sink: LINK_AS = -rdynamic
$(B)/crash/record.so: tests/crash/record.c
$(B)/crash/fault.so: tests/crash/fault.c
$(B)/crash/sink: tests/crash/sink.c
$(B)/crash/crowd: tests/crash/crowd.c
$(CRASH):
	@mkdir -p $(@D)
	$(call say,CC)$(CC) -std=c11 -D_GNU_SOURCE -O1 -g -Wall -Wextra $(LINK_AS) -o $@ $< -ldl
ROUNDS ?= 300
IMAGES ?= 1000
FAULTS ?= 1
CUTS ?= 20
crash: all $(CRASH) ## ROUNDS=300 of kills, IMAGES=1000 of cut power, faults, damage, cut connections
	BIN=$(abspath $(B)) python3 tests/crash/images.py $(IMAGES)
	BIN=$(abspath $(B)) python3 tests/crash/images.py --mutations 8000
	python3 tests/crash/mutants.py
	BIN=$(abspath $(B)) python3 tests/crash/faults.py $(FAULTS) 1
	BIN=$(abspath $(B)) python3 tests/crash/damage.py $(FAULTS)
	BIN=$(abspath $(B)) python3 tests/crash/cuts.py $(CUTS)
	BIN=$(abspath $(B)) python3 tests/crash/kills.py $(ROUNDS)
SECONDS ?= 600
RATE ?=
crowd: all $(CRASH) ## 8 writers, 8 workers, 2 groups, for SECONDS=600
	BIN=$(abspath $(B)) python3 tests/crash/crowd.py $(SECONDS)
soak: all ## the whole chain, a database restarted each minute, for SECONDS=600, at RATE= events/s
	BIN=$(abspath $(B)) python3 tests/crash/soak.py $(SECONDS) $(RATE)
bytes: all ## a million events that a careless program changes, by value
	BIN=$(abspath $(B)) EVENTS=1000000 prove -v -e '' tests/cmd/bytes.t
rows: all ## ROWS=1000 random tables, a batch against each of its rows by itself
	BIN=$(abspath $(B)) ROWS=$(or $(ROWS),1000) SEED=$(SEED) prove -v -e '' tests/cmd/load_rows.t
values: all ## VALUES=1000000 random values of all types, through tables and back
	BIN=$(abspath $(B)) VALUES=$(or $(VALUES),1000000) SEED=$(SEED) prove -v -e '' tests/cmd/values.t
golden: all ## write the golden files anew
	BIN=$(abspath $(B)) GOLDEN=write tests/cmd/golden.t
bench: ## a table of speeds against limits and peers
	@tests/lib/deps build check bench
	@$(MAKE) --no-print-directory -s all $(B)/tests/peer $(B)/tests/broker
	@BIN=$(abspath $(B)) tests/bench/run
$(B)/tests/peer $(B)/tests/broker: $(B)/tests/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(DP_CFLAGS) $(CFLAGS) $(HARDEN_LD) -o $@ $< $(LDLIBS)

clean: ## remove build/ and demo/
	rm -rf $(B) demo
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

.PHONY: all found deps demo check tests check-unit check-cmd check-docs install \
	uninstall lint format asan tsan valgrind portable without fuzz pairs real crash \
	crowd soak bytes rows values golden bench clean help
.SECONDARY:
-include $(LIBOBJ:.o=.d) $(CMDS:%=$(B)/cmd/%.d) $(UNIT:=.d) $(FUZZ:=.d)
