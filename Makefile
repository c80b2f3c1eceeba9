# Short front to Meson. `make demo` and `make check` install what they need on Debian 12.
SANITIZE ?=
BUILD ?= build$(if $(SANITIZE),-sanitize)
SETUP := $(if $(SANITIZE),-Db_sanitize=address,undefined -Db_lundef=false -Dwerror=true)

.PHONY: build check clean
build:
	@tools/deps build
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) $(SETUP) >/dev/null
	@ninja -C $(BUILD) --quiet
	@ln -sf src/cli/pawl src/cli/pawl-full $(BUILD)/

check: build
	@tests/run --build $(BUILD)

clean:
	rm -rf $(BUILD)
