# The commands of the project. `make run` and `make test` need python3 >= 3.11 with venv, make and the package index.

PORT ?= 8000
PYTHON ?= python3
BIN := .venv/bin
# Arguments for pytest: make test ARGS="tests/filings -x"
ARGS ?=
# Processes that run the tests, a file at a time each; 0 for one that may be debugged. Two a core for CI: many tests wait.
WORKERS ?= 4
COMPILE = uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header

.DEFAULT_GOAL := help
.PHONY: help install run test lint fix prove-full bench lock shots

help: ## 列出全部命令
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1	/' | expand -t 20

install: .venv/.ok .venv/.ok-dev ## 建立虚拟环境并安装依赖

# A stamp is touched last, so an interrupted installation is repeated. Both files are complete: one pip call each.
.venv/.ok: requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "找不到 $(PYTHON)，请先安装 Python 3.11 或更高版本。" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更高版本，可用 PYTHON=… 指定。" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "缺少 venv 模块，请先安装 python3-venv。" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.ok-dev: .venv/.ok requirements-dev.txt
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# exec: make's only child is the supervisor, so a signal to either ends the portal.
run: .venv/.ok ## 启动门户与演示数据：http://127.0.0.1:8000 （可用 PORT= 换端口）
	@grep -qs '^DEBUG=' .env || export DEBUG="$${DEBUG-1}"; exec $(BIN)/python manage.py run_portal --migrate --demo --port "$(PORT)"

test: install ## 运行全部测试
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: install ## 代码、模板、类型、导入方向、迁移检查
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run

fix: install ## 自动整理代码格式
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

prove-full: install ## 逐一植入 tests/planted/ 的缺陷，确认指定的测试能发现；再在两种数据库上运行全部测试（FULL=1），把后台任务进程强行结束多次
	$(BIN)/python -m tests.prove

bench: install ## 量导入与规则检查的用时和内存、导出和有害文件上传时其他页面的快慢，超过限度即失败（需要 PostgreSQL 和 Redis；FULL=1 时对照组也导入全部行）
	$(BIN)/python -m tests.bench

lock: ## 重新锁定依赖（需要 uv）
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) requirements-dev.in -o requirements-dev.txt

shots: install ## 截取各页面的图（build/shots）
	SHOTS=1 $(BIN)/python -m pytest tests/browser $(ARGS)
