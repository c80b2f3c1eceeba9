# Short front to Meson. Every target installs what it needs on Debian 12 (tools/deps).
SANITIZE ?=
LATE ?=
BUILD ?= build$(if $(SANITIZE),-sanitize)$(if $(LATE),-late)
ifneq ($(SANITIZE),)
SETUP := -Db_sanitize=address,undefined -Db_lundef=false -Dwerror=true
endif
ifneq ($(LATE),)
SETUP += -Ddelays=true
endif
TARGET ?= all
SECONDS ?= 60
MINUTES ?= 60
KEEP ?= 0
PREFIX ?= /usr/local
TESTS ?=

.PHONY: build check corpus bench lint fuzz fuzz-coverage coverage demo soak install clean
build:
	@tools/deps build
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) --prefix $(PREFIX) $(SETUP) >/dev/null
	@ninja -C $(BUILD) --quiet
	@ln -sf src/cli/pawl src/cli/pawl-full $(BUILD)/

check:
	@tools/deps check
	@$(MAKE) --no-print-directory build
	@tests/run --build $(BUILD) $(if $(LATE),--late) $(TESTS)

corpus: build
	@PAWL_SOURCE=. $(BUILD)/tests/unit/unit_corpus --ratios

bench: build
	@tools/deps bench
	@bench/run --build $(BUILD)

lint: build
	@tools/deps lint
	@tools/lint $(BUILD)

fuzz:
	@tools/deps fuzz
	@test -f build-fuzz/build.ninja || CC=clang meson setup build-fuzz -Dfuzz=true -Db_sanitize=address,undefined \
		-Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link >/dev/null
	@ninja -C build-fuzz --quiet
	@fuzz/run --build build-fuzz --seconds $(SECONDS) --keep $(KEEP) $(TARGET)

fuzz-coverage:
	@tools/deps coverage
	@test -f build-coverage/build.ninja || meson setup build-coverage -Db_coverage=true -Dbuildtype=debug >/dev/null
	@ninja -C build-coverage --quiet
	@fuzz/run --coverage --build build-coverage $(TARGET)

coverage:
	@tools/deps coverage
	@test -f build-coverage/build.ninja || meson setup build-coverage -Db_coverage=true -Dbuildtype=debug >/dev/null
	@ninja -C build-coverage --quiet
	@find build-coverage -name '*.gcda' -delete
	@ln -sf src/cli/pawl src/cli/pawl-full build-coverage/
	@tests/run --build build-coverage $(TESTS) || true
	@gcovr --root . --filter src/ build-coverage

demo: build
	@tools/deps demo
	@demo/run --build $(BUILD)

soak: build
	@tools/deps check
	@PAWL_TEST_TRANSACTIONS=10000 tests/run --build $(BUILD) postgres_budgets
	@PAWL_TEST_REGRESS=whole tests/run --build $(BUILD) postgres_regress postgres_features
	@PAWL_TEST_CHAOS_SECONDS=600 tests/run --build $(BUILD) postgres_chaos
	@PAWL_TEST_CUT_STRIDE=1 PAWL_TEST_FAR=whole tests/run --build $(BUILD) postgres_wire_cut postgres_wire_far
	@PAWL_TEST_WHOLE=1 tests/run --build $(BUILD) postgres_prisma postgres_dump hold_kill test_loss test_fresh test_backup_s3 test_backup_state test_pgbackrest
	@PAWL_TEST_FLOOD=10000 PAWL_TEST_LARGE=1000 tests/run --build $(BUILD) postgres_flood
	@PAWL_KILL_ALL=1 tests/run --build $(BUILD) backup_kill
	@PAWL_TEST_TAMPER=whole tests/run --build $(BUILD) recovery_tamper recovery_mysql recovery_manifest recovery_physical
	@PAWL_TEST_TAMPER=whole PAWL_TEST_WAL_KILLS=30 tests/run --build $(BUILD) test_backup_wal
	@PAWL_TEST_FAULTS=10000 tests/run --build $(BUILD) recovery_faults
	@KEEP_DISCARDS=1000 tests/run --build $(BUILD) flow/test_keep
	@PAWL_TEST_UNDO=500 PAWL_TEST_UNDO_GATE=500 tests/run --build $(BUILD) postgres_undo
	@PAWL_TEST_PROVE=whole tests/run --build $(BUILD) vault_prove vault_planted
	@tests/soak --build $(BUILD) --minutes $(MINUTES)

install: build
	@meson install -C $(BUILD)

clean:
	rm -rf build build-sanitize build-fuzz build-coverage
