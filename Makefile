# Only Python >= 3.11, make and git are presumed. Everything else is installed below .venv and .cache.

PYTHON ?= python3
SERVE ?= 1
DEMO_HOME ?= demo-home
UV := $(or $(shell command -v uv 2>/dev/null),.cache/uv/bin/uv)
RUN := .venv/bin
CONSOLE := src/quanyu/app/console_build/index.html

export UV_PYTHON_DOWNLOADS = never
# Three test processes and their children need not compile everything anew each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo console test test-console lint check bench bench-audience bench-console bench-delivery bench-identity bench-journeys bench-simulate bench-tags pictures test-scale openapi walks clean

demo: .venv/installed $(CONSOLE)  ## The main job from end to end on a made-up retailer; then the console on http://127.0.0.1:8000
	@SERVE=$(SERVE) DEMO_HOME=$(DEMO_HOME) sh examples/demo.sh

console: $(CONSOLE)  ## Build the console

$(CONSOLE): .venv/installed console/package-lock.json $(shell find console/src console/public console/index.html console/vite.config.ts -type f)
	$(RUN)/python console/build.py build

test: lint $(CONSOLE)  ## Everything that CI runs
	$(RUN)/pytest -n 3 --dist worksteal -m "not scale" --durations=40

test-scale: .venv/installed $(CONSOLE)  ## The slow and large tests: every failpoint, every guide, public files
	$(RUN)/pytest -n 2 --dist worksteal -m scale

test-console: .venv/installed $(CONSOLE)  ## The console's pages and paths, in both languages, at a hundred thousand customers
	QUANYU_CONSOLE_CUSTOMERS=100000 $(RUN)/pytest -n 0 tests/console

bench-console: .venv/installed $(CONSOLE)  ## The console at a million customers: first paint, interactions, counts
	$(RUN)/python benchmarks/bench_console.py

lint: .venv/installed  ## Form, types, storeys and rooms
	$(RUN)/ruff check
	$(RUN)/ruff format --check
	$(RUN)/pyright
	$(RUN)/lint-imports
	$(RUN)/python console/build.py check

bench-simulate: .venv/installed  ## A company of a million customers: time, memory, rows
	$(RUN)/python benchmarks/bench_simulate.py

pictures: .venv/installed  ## Draw the pictures of the docs anew
	$(RUN)/python docs/draw_company.py

bench: .venv/installed  ## 20 million order lines: landing, compaction, tags, an audience; beside plain DuckDB
	$(RUN)/python benchmarks/bench_sets.py
	$(RUN)/python benchmarks/bench_spine.py

bench-audience: .venv/installed  ## Ten million customers: counts and packs beside DuckDB, Polars and ClickHouse
	$(UV) sync --frozen --quiet --python $(PYTHON) --group bench
	$(RUN)/python benchmarks/bench_audience.py

bench-journeys: .venv/installed  ## A step over five million, a tick of fifty journeys, beside rows in PostgreSQL; effects; hand-over
	$(RUN)/python benchmarks/bench_journeys.py
	$(RUN)/python benchmarks/measure_effects.py
	$(RUN)/python benchmarks/bench_delivery.py

bench-delivery: .venv/installed  ## Messages a second to receivers in other processes: by hundreds, one by one, by mail
	$(RUN)/python benchmarks/bench_delivery.py

bench-identity: .venv/installed  ## Twenty million records, thirty million identifiers: exact recognition beside Splink's clustering
	$(RUN)/python benchmarks/bench_identity.py

bench-tags: .venv/installed  ## The pack's tags of ten million customers and a hundred million lines beside hand-written DuckDB
	$(RUN)/python benchmarks/bench_tags.py

openapi: .venv/installed  ## Write docs/reference/openapi.json anew, and the console's types from it
	$(RUN)/python -m quanyu.app.http > docs/reference/openapi.json
	$(RUN)/python console/build.py api

walks: .venv/installed  ## Draw docs/walks.md anew from the running code
	QUANYU_WRITE_WALKS=1 $(RUN)/pytest tests/docs/test_walks.py

clean:
	rm -rf .venv .cache demo-home demo-company demo-company-truth console/node_modules src/quanyu/app/console_build

.venv/installed: pyproject.toml uv.lock $(if $(filter .cache/%,$(UV)),.cache/uv/bin/uv)
	$(UV) sync --frozen --quiet --compile-bytecode --python $(PYTHON)
	@touch $@

.cache/uv/bin/uv:
	$(PYTHON) -m venv .cache/uv
	.cache/uv/bin/pip install --quiet --disable-pip-version-check "uv>=0.9"
