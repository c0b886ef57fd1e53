# The orchestrator's image. Build from the repository root:
#   docker build --tag tutti .
# Another base image needs Node 24 (and npm for the first stage): --build-arg BASE_IMAGE=…
ARG BASE_IMAGE=node:24-bookworm-slim
# Module `diffraction` needs 45 MB of libraries: --build-arg DIFFRACTION=on
ARG DIFFRACTION=off

FROM ${BASE_IMAGE} AS dependencies
ARG DIFFRACTION
WORKDIR /build
COPY package.json package-lock.json .npmrc docker/dependencies.ts ./
# The lockfile's versions, without the services and what only developers need; no install script runs.
# The agent of devices is not in the image. OpenTelemetry comes in two builds; the one for require() is used of its API only.
RUN if [ "$DIFFRACTION" = on ]; then without=@bjorn3/browser_wasi_shim; omit=; else without=@bjorn3/browser_wasi_shim,h5wasm,h5wasm-plugins,sharp,zeromq; omit=--omit=optional; fi \
 && node dependencies.ts . /opt/tutti --without="$without" \
 && cd /opt/tutti \
 && npm ci --omit=dev $omit --ignore-scripts --loglevel=error \
 && if [ -d node_modules/zeromq ]; then find node_modules/zeromq/build -name addon.node -not -path "*/linux/$(node -p process.arch)/node/glibc-*" -delete && rm -rf node_modules/zeromq/src node_modules/zeromq/script node_modules/node-addon-api node_modules/h5wasm/dist/iife node_modules/h5wasm/dist/esm node_modules/h5wasm-plugins/test; fi \
 && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' \) -delete \
 && find node_modules/@opentelemetry -type f -name '*.cjs' -not -path '*/api/*' -delete

FROM ${BASE_IMAGE} AS console
WORKDIR /build
COPY package.json package-lock.json .npmrc docker/dependencies.ts ./lock/
# The lockfile's versions; no install script runs. Of all this only the static files that Vite makes go into the image.
RUN cd lock && node dependencies.ts console /build \
 && cd /build \
 && npm ci --ignore-scripts --loglevel=error
COPY tsconfig.json ./
COPY scripts/build-console.ts scripts/
COPY console console
RUN node scripts/build-console.ts && rm console/dist/.built

FROM ${BASE_IMAGE} AS application
ARG DIFFRACTION
WORKDIR /opt/tutti
COPY --from=dependencies /opt/tutti ./
COPY server.ts app.ts LICENSE ./
COPY plugins plugins
COPY routes routes
COPY lib lib
COPY schemas schemas
COPY docker/healthcheck.mjs docker/curl.mjs docker/
COPY --from=console /build/console/dist console/dist
# What is compiled once here need not be compiled at every start; Node keeps it by user. All files are for everybody to read
# and for nobody to change.
RUN mkdir .compiled && chown 1000:1000 .compiled
USER 1000:1000
RUN NODE_COMPILE_CACHE=/opt/tutti/.compiled node --eval ' \
      const files = ["app", "server", "lib/cache/redis", "lib/cluster/primary", "lib/cluster/worker", "lib/discovery/docker/discovery", "lib/discovery/docker/engine", \
        "lib/discovery/docker/own-container", "lib/discovery/static", "lib/graphics/reader-worker", "lib/operator-jwt", "lib/storage/authenticate-worker", "lib/tracking/objects/memory-exchange", \
        "lib/tracking/redis/exchange", "lib/tracking/redis/timelines", "lib/tracking/timelines/files", "routes/devices/index", "routes/graphics/index", \
        "routes/tracking/index"]; \
      if (process.env.DIFFRACTION === "on") files.push("lib/diffraction/formats/hdf5", "lib/diffraction/frames/thread", "lib/diffraction/identities/performer", "lib/diffraction/zeromq/server", "routes/diffraction/index"); \
      for (const file of files) await import(`/opt/tutti/${file}.ts`)'
USER 0:0
RUN chown -R 0:0 /opt/tutti && chmod -R u=rwX,go=rX /opt/tutti \
 && mkdir -p /image/opt /image/usr/local/bin /image/var/log/IMAGE /image/var/lib/tutti \
 && mv /opt/tutti /image/opt/tutti \
 && ln -s /opt/tutti/docker/curl.mjs /image/usr/local/bin/curl \
 && chmod +x /image/opt/tutti/docker/curl.mjs \
 && chown 1000:1000 /image/var/log/IMAGE /image/var/lib/tutti

FROM ${BASE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Tutti" \
      org.opencontainers.image.description="Orchestrator for picture work: finds the services that can look at a graphic, runs them as a graph, answers with text, speech and tactile renderings." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=application /image/ /
WORKDIR /opt/tutti
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/opt/tutti/.compiled \
    HOST=0.0.0.0 \
    PORT=8080 \
    DISCOVERY=docker \
    DATA_DIR=/var/lib/tutti \
    TUTTI_REVISION=${REVISION} \
    DRAIN_TIME=2000
# A number, so that it needs no name in /etc/passwd; volumes of the IMAGE orchestrator belong to it.
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=10s --start-period=20s --retries=3 CMD ["node", "docker/healthcheck.mjs", "/health/ready"]
# The space for young objects, of which there are two halves: what dies in it costs little, and parts of bodies that outlive it are collected with everything else. With 32 MB
# a request of 1 MB, eight at once, takes 6.3 ms of processor time, with 16 or 8 it takes 11.4, in the same 220 MB; where nothing is said it may grow to 128.
CMD ["node", "--max-semi-space-size=32", "server.ts"]
