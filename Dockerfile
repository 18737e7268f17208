# Campfire in a small image: the binary, its storage, nothing else.
FROM rust:1-bookworm AS build
WORKDIR /campfire
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY templates templates
COPY static static
COPY migrations migrations
# The manifest names it; it is not built.
COPY benches benches
RUN cargo build --release --locked --bin campfire && mkdir -p /out/storage && cp target/release/campfire /out/

# glibc and CA certificates only; runs as user 65532.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/campfire /usr/local/bin/campfire
COPY --from=build --chown=nonroot:nonroot --chmod=0700 /out/storage /storage
ENV CAMPFIRE_ADDRESS=0.0.0.0:3000 CAMPFIRE_STORAGE=/storage
VOLUME /storage
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/usr/local/bin/campfire", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/campfire"]
