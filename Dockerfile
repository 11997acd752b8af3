# Beleidswijzer as a container: no account, no download at run time, nothing written but the index and the data.
#
#   docker compose build && docker compose run --rm beleidswijzer keys create NAAM && docker compose up

# The Python that the tests run on.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/beleidswijzer
COPY pyproject.toml README.md LICENSE /source/
COPY assistant /source/assistant
COPY integrations /source/integrations
COPY corpus /source/corpus
COPY prompts /source/prompts
RUN /opt/beleidswijzer/bin/pip install "/source[postgres]"
# The model is prepared and the starter corpus indexed here, so that a container answers seconds after its start.
ENV BELEIDSWIJZER_CACHE=/opt/beleidswijzer/cache BELEIDSWIJZER_INDEX=/index
RUN /opt/beleidswijzer/bin/beleidswijzer index build

FROM python:3.11-slim-bookworm
# Reads scans; without it pages without text stay empty.
RUN apt-get update -q && apt-get install -y -q --no-install-recommends tesseract-ocr tesseract-ocr-nld \
    && rm -rf /var/lib/apt/lists/*
LABEL org.opencontainers.image.title="Beleidswijzer" \
      org.opencontainers.image.description="Antwoorden uit beleidsdocumenten, met citaten die te controleren zijn" \
      org.opencontainers.image.licenses="EUPL-1.2"
# Fixed numbers, so that the rights on a volume can be set beforehand; no name, no shell, no home.
RUN groupadd --gid 10001 beleidswijzer \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin beleidswijzer \
    && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/beleidswijzer/data \
    && install --directory /etc/beleidswijzer
COPY --from=build /opt/beleidswijzer /opt/beleidswijzer
COPY --from=build --chown=10001:10001 /index /var/lib/beleidswijzer/index
ENV PATH=/opt/beleidswijzer/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BELEIDSWIJZER_CACHE=/opt/beleidswijzer/cache \
    BELEIDSWIJZER_INDEX=/var/lib/beleidswijzer/index \
    BELEIDSWIJZER_DATA=/var/lib/beleidswijzer/data
# beleidswijzer.toml is read from here.
WORKDIR /etc/beleidswijzer
USER 10001:10001
EXPOSE 8000
# The server finishes its answers on SIGTERM.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/gezondheid/klaar', timeout=4)"]
ENTRYPOINT ["beleidswijzer"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
