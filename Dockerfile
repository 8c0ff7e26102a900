# One image serves the API, the worker and the migrations; docker-compose.yml chooses the command. Its base is Debian,
# because Temporal's native parts need glibc.
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
# Only printed checks are kept on disk. A volume that is mounted here belongs to the same user.
RUN install -d -o node -g node /var/lib/bursar/checks
COPY --from=packages /app/node_modules ./node_modules
COPY . .
USER node
CMD ["node", "api/main.ts"]
