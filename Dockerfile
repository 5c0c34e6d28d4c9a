# The roles of Stepwright: one image, `stepwright run --roles …`. RocksDB's binding is prebuilt for glibc on x64 (docs/adr/0001), hence Debian and linux/amd64.

FROM node:22.21.1-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY cli/platform-check cli/platform-check
# chdb is the analytics engine inside the process, half a gigabyte; here a ClickHouse server does its work.
RUN npm ci --omit=dev && rm -rf node_modules/chdb node_modules/@chdb && npm cache clean --force

FROM node:22.21.1-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY cli/platform-check cli/platform-check
RUN npm ci
COPY . .
# What is published to npm is what runs here, and nothing else.
RUN mkdir /packed && npm pack --pack-destination /tmp && tar -xzf /tmp/stepwright-*.tgz -C /packed --strip-components=1

FROM node:22.21.1-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=modules /app/node_modules ./node_modules
COPY --from=build /packed ./
# Named volumes take over owner and mode of these: /data is shared by all processes, /state belongs to one.
RUN ln -s /app/cli/stepwright.mjs /usr/local/bin/stepwright && install -d -o node -g node -m 700 /data /state
USER node
EXPOSE 4280 4281
# Ready: everything that this process was given runs. --admin-port must stand at its default, and the port be open.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=2s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4281/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["stepwright"]
CMD ["help"]
