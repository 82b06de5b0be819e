# The service image: one static program and the authorities that mail servers'
# certificates are checked with. No shell, no package, nothing else.
#
# build-images.sh builds it; by hand:  buildah build --tag IMAGE .

FROM docker.io/library/rust:1.95.0-slim-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY .cargo ./.cargo
COPY benches ./benches
COPY src ./src
# With --target the flags do not meet build scripts, which cannot be static.
RUN target="$(rustc -vV | sed -n 's/^host: //p')" && \
    RUSTFLAGS="-C target-feature=+crt-static" \
    cargo build --release --locked --bin ns8-backup-monitor --target "$target" && \
    cp "target/$target/release/ns8-backup-monitor" /ns8-backup-monitor

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /ns8-backup-monitor /usr/local/bin/ns8-backup-monitor
ENV PATH=/usr/local/bin
LABEL org.opencontainers.image.title="backup-monitor-server" \
      org.opencontainers.image.description="One true mail for every failed NethServer 8 backup run" \
      org.opencontainers.image.licenses="MIT"
ENTRYPOINT ["ns8-backup-monitor"]
CMD ["serve"]
