# What can be done here; `make` alone prints this list. ARGS reaches the program: make demo ARGS="--port 8001"
.PHONY: help setup demo demo-check test check fix bench lock vendor clean

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST)

setup: ## build .venv from requirements.lock (PYTHON=python3.x chooses an interpreter)
	@sh deploy/setup

demo: setup ## run the whole line on this machine, with real firmware (ARGS="--port 8001", --directory, --broker)
	@exec .venv/bin/pet demo $(ARGS)

demo-check: setup ## drive devices over a cut network and a killed server, and compare the counts; no onlooker needed
	@exec .venv/bin/pet demo --check $(ARGS)

test: setup ## pass every test, a file on each core (ARGS=tests/demo: only these; ARGS="-n 0 -s ...": in one process, with what they print)
	@exec .venv/bin/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup ## lint, formatting and types
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy protocol server tools
	MYPYPATH=firmware/typings .venv/bin/mypy firmware

fix: setup ## format, and mend what the linter can mend
	.venv/bin/ruff format
	.venv/bin/ruff check --fix

bench: setup ## measure what the bars are about (tests/**/bench_*.py)
	@exec .venv/bin/python -m pytest -o python_files='bench_*.py' -s -q $(ARGS)

months: setup ## two months of a device in virtual time, with faults, for 200 seeds (ARGS="--seed 17": that one again)
	@exec .venv/bin/python -m tests.months.campaign $(ARGS)

lock: setup ## choose the newest versions of everything again and write requirements.lock
	.venv/bin/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
		--generate-hashes --upgrade --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
		--quiet --output-file requirements.lock

vendor: setup ## copy style sheet and scripts of the pages from npm again (needs npm; the copy is kept in the tree)
	.venv/bin/python deploy/vendor/vendor.py

clean: ## remove what was built or kept: .venv, the demo's data in .pet, caches
	@# As root, PostgreSQL's data may lie where its account can reach them (server/demo/account.py).
	@sed -n '/^\/var\/tmp\/pet-[0-9a-f]*$$/p' .pet/postgres/place .pet/check/postgres/place 2>/dev/null | xargs rm -rf
	rm -rf .venv .pet .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
