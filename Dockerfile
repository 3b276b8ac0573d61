# The one-process server. docs/self-hosting.md says how to use it.

# The version of rust-toolchain.toml. That file is not in the build's context: rustup would install the same version again.
FROM rust:1.95.0-slim-bookworm AS build
# Cargo features, such as `bedrock`.
ARG FEATURES=""
WORKDIR /source
COPY . .
RUN cargo build --release --locked --package local --features "$FEATURES"

FROM debian:bookworm-slim
# The certificates are for models, webhooks and tools, which are called over https.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin quintet \
    && install --directory --owner=quintet --group=quintet --mode=700 /data
COPY --from=build /source/target/release/quintet /usr/local/bin/quintet
USER 10001
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["quintet"]
CMD ["serve", "--listen", "0.0.0.0:8000", "--data", "/data"]
