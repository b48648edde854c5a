# Ceralacca: `make` builds build/ceralacca; `make test`, `make fuzz`, `make check` as in ./dev (which installs what is missing first).
# No list of files: every .c below src/ is compiled; test_*.c and fuzz_*.c become programs of their own.
#
#   V=release (default)  optimised and hardened           build/
#   V=asan               address + undefined sanitizers   build/asan/    unit tests run here
#   V=walls              release with the self-attack of each role compiled in (test/walls)   build/walls/
#   V=fuzz               clang, libFuzzer                 build/fuzz/
#   V=tidy               gcc -fanalyzer, objects only     build/analyzer/
V ?= release
B := $(if $(filter release,$V),build,build/$V)

PKGS := libuv openssl libsodium icu-uc icu-i18n libidn2 libseccomp libcyaml yaml-0.1 jansson libnftables libsystemd libunbound libqrencode zlib
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lrocksdb -lzxcvbn -lcrypt -pthread -lm -ldl

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-align \
        -Wvla -Wundef -Wwrite-strings -Wformat=2 -Wno-format-nonliteral $(if $(CI),-Werror)
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero -fPIE
CPPFLAGS := -D_GNU_SOURCE -Isrc -I$B/gen $(PKG_CFLAGS)
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=3 $(HARDEN)
CFLAGS_walls   := $(CFLAGS_release) -DWALLS_TEST=1
CFLAGS_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined -fPIE
CFLAGS_fuzz    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined -DFUZZING=1
CFLAGS_tidy    := -O1 -g -fanalyzer
LDFLAGS_release := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
LDFLAGS_walls   := $(LDFLAGS_release)
LDFLAGS_asan    := -pie -fsanitize=address,undefined -Wl,--as-needed
LDFLAGS_fuzz    := -fsanitize=address,undefined,fuzzer -Wl,--as-needed
CC := $(if $(filter fuzz,$V),clang,$(if $(filter default,$(origin CC)),gcc,$(CC)))
CFLAGS := -std=gnu17 $(WARN) $(CFLAGS_$V)
LDFLAGS := $(LDFLAGS_$V)

ALL := $(shell find src -name '*.c' | sort)
ASM := $(shell find src -name '*.S' | sort)
TESTS := $(filter $(foreach f,$(ALL),$(if $(filter test_%,$(notdir $f)),$f)),$(ALL))
FUZZERS := $(filter $(foreach f,$(ALL),$(if $(filter fuzz_%,$(notdir $f)),$f)),$(ALL))
CODE := $(filter-out $(TESTS) $(FUZZERS) src/main.c,$(ALL))
OBJ := $(CODE:%.c=$B/obj/%.o) $(ASM:%.S=$B/obj/%.o)
TEST_PROGRAMS := $(patsubst %.c,$B/test/%,$(notdir $(TESTS)))
FUZZ_PROGRAMS := $(patsubst %.c,$B/fuzz/%,$(notdir $(FUZZERS)))
REPLAY_PROGRAMS := $(patsubst %.c,$B/replay/%,$(notdir $(FUZZERS)))

.PHONY: all unit programs tests fuzzers replays objects install clean demo test check bench fuzz crash soak
all: $B/ceralacca
demo test check bench fuzz crash soak: ; @./dev $@
objects: $(OBJ)
tests: $(TEST_PROGRAMS)
fuzzers: $(FUZZ_PROGRAMS)
replays: $(REPLAY_PROGRAMS)

$B/ceralacca: $B/obj/src/main.o $B/libceralacca.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$B/libceralacca.a: $(OBJ)
	@rm -f $@
	@ar rcs $@ $(OBJ)

$B/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$B/obj/%.o: %.S
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# A test or fuzz program is its one file, linked with what it needs of the rest.
define program
$B/$1/$(basename $(notdir $2)): $B/obj/$(2:.c=.o) $3 $B/libceralacca.a
	@mkdir -p $$(@D)
	@$$(CC) $$(LDFLAGS) -o $$@ $$^ $4 $$(LIBS)
endef
$(foreach f,$(TESTS),$(eval $(call program,test,$f,,-lcmocka)))
$(foreach f,$(FUZZERS),$(eval $(call program,fuzz,$f,,)))
$(foreach f,$(FUZZERS),$(eval $(call program,replay,$f,$B/obj/tools/fuzz_replay.o,)))

# The program, its manual, the unit (with its path written in) and completion for bash. DESTDIR serves packages.
PREFIX ?= /usr/local
install: $B/ceralacca
	install -D -m 755 $B/ceralacca $(DESTDIR)$(PREFIX)/bin/ceralacca
	install -D -m 644 docs/man/ceralacca.1 $(DESTDIR)$(PREFIX)/share/man/man1/ceralacca.1
	install -d $(DESTDIR)/lib/systemd/system $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	sed 's|/usr/local/bin|$(PREFIX)/bin|' packaging/systemd/ceralacca.service >$(DESTDIR)/lib/systemd/system/ceralacca.service
	$B/ceralacca completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/ceralacca

clean:
	rm -rf build

-include $(shell find $B/obj -name '*.d' 2>/dev/null)
