# The binary alone on a small system: docker build -t cxda .
FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --locked --profile dist -p cxda

FROM debian:bookworm-slim
# The CAs that tenants are trusted by; everything else is in the binary.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home cxda
COPY --from=build /source/target/dist/cxda /usr/local/bin/cxda
COPY LICENSE-APACHE LICENSE-MIT /usr/share/doc/cxda/
USER cxda
WORKDIR /project
ENTRYPOINT ["cxda"]
