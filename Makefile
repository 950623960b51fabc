# data-pipe: GNU make 4, C11, POSIX.2008.  "make help" lists the targets.
VERSION = 0.1.0
PREFIX ?= /usr/local
B ?= build
CC = gcc
CFLAGS ?=
PKG_CONFIG ?= pkg-config
DP_SUITES ?= $(abspath ../shared/suites)

# Drivers: auto (built when the library is there), yes (an error when not), no.
WITH_PG ?= auto
WITH_SQLITE ?= auto
WITH_PCRE ?= auto
WITH_ZLIB ?= auto
WITH_ZSTD ?= auto

# $(call use,NAME,pkg-config module,sources without it): sets DP_HAVE_NAME
# and the flags, or leaves the driver's files out.
define use
ifneq ($(WITH_$(1)),no)
ifeq ($(shell $(PKG_CONFIG) --exists $(2) && echo y),y)
HAVE += $(1)
DEFS += -DDP_HAVE_$(1)
INCS += $(shell $(PKG_CONFIG) --cflags $(2))
LDLIBS += $(shell $(PKG_CONFIG) --libs $(2))
else
ifeq ($(WITH_$(1)),yes)
$$(error WITH_$(1)=yes, but pkg-config does not know $(2))
endif
WITHOUT += $(3)
endif
else
WITHOUT += $(3)
endif
endef
$(eval $(call use,PG,libpq,lib/sink/sink_pg%))
$(eval $(call use,SQLITE,sqlite3,lib/sink/sink_sqlite%))
$(eval $(call use,PCRE,libpcre2-8,lib/schema/pattern_pcre.c))
$(eval $(call use,ZLIB,zlib,lib/app/input_gz.c))
$(eval $(call use,ZSTD,libzstd,lib/app/input_zst.c))
LDLIBS += $(shell $(PKG_CONFIG) --libs libxxhash || echo -lxxhash) -ljq -lpthread

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
	-fno-strict-overflow -ftrivial-auto-var-init=zero
ifneq ($(findstring clang,$(CC)),clang)
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

all: $(CMDS:%=$(B)/%) ## build every program into build/

$(B)/libdp.a: $(LIBOBJ)
	@rm -f $@
	$(AR) rcs $@ $^
$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(DP_CFLAGS) $(CFLAGS) -c -o $@ $<
$(CMDS:%=$(B)/%): $(B)/%: $(B)/cmd/%.o $(B)/libdp.a
	$(LINK) $^ $(LDLIBS)
$(B)/tests/%: tests/unit/%.c $(B)/libdp.a
	@mkdir -p $(@D)
	$(CC) $(DP_CFLAGS) $(CFLAGS) -Itests/unit $(HARDEN_LD) $(LDFLAGS) -o $@ $(filter %.c %.a,$^) $(LDLIBS)

check-unit: $(UNIT)
	prove -e '' $(UNIT)
check-cmd: all
	BIN=$(abspath $(B)) DP_SUITES=$(DP_SUITES) prove -e '' $(wildcard tests/cmd/*.t)

lint: ## layers and format
	awk -f tests/lint/layers.awk $(wildcard lib/*/*.[ch] cmd/*.c)
	clang-format --dry-run -Werror --style=file:tests/lint/clang-format $(wildcard lib/*/*.[ch] cmd/*.c tests/unit/*.[ch])
format: ## put the sources into the project's format
	clang-format -i --style=file:tests/lint/clang-format $(wildcard lib/*/*.[ch] cmd/*.c tests/unit/*.[ch])

.PHONY: all check-unit check-cmd lint format
.SECONDARY:
-include $(LIBOBJ:.o=.d) $(CMDS:%=$(B)/cmd/%.d)
