# What a developer does here. Bare `just` lists it.

_list:
    @just --list --unsorted

# Run the server on http://localhost:3000
run:
    cargo run --release

# Run every test; the browser tests run when Chromium is there
test:
    cargo test

# Measure how close the server is to what the machine can do; `just bench 1 4` measures only those rows
bench *rows:
    cargo bench --bench limits -- {{rows}}

# Measure how the cost of a request grows with rooms and people
bench-growth:
    cargo bench --bench growth

# Measure ten large uploads at once: how fast, and how much memory they take
bench-uploads:
    cargo bench --bench uploads

# Measure search over a million messages, and what its index costs
bench-search:
    cargo bench --bench search

# Measure what rich messages cost, to post and to show
bench-rendering:
    cargo bench --bench rendering

# Run what CI runs
ci:
    bash .ci/run

# Format, lint and check the rules that grep can check
lint:
    cargo fmt --check
    rustfmt --check --edition 2024 $(git ls-files 'tests/unit/*.rs')
    cargo clippy --all-targets -- -D warnings
    bash .ci/invariants

# Build the container
container:
    docker build -t campfire .

# Fetch the vendored scripts anew, e.g. `just vendor 4.0.1`, and print their sums for static/vendor/README.md
vendor version:
    #!/usr/bin/env bash
    set -euo pipefail
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    (cd "$folder" && npm pack --silent "htmx.org@{{version}}" >/dev/null && tar xzf htmx.org-*.tgz)
    cp "$folder/package/dist/htmx.min.js" "$folder/package/dist/ext/hx-upsert.min.js" static/vendor/
    cp "$folder/package/LICENSE" static/vendor/htmx.LICENSE
    cd static/vendor && sha256sum htmx.min.js hx-upsert.min.js
