# The explorer on a CPU:  docker build -t effnet . && docker run --rm -p 8501:8501 effnet
# With more weights baked in (needs a network while building):
#   docker build --build-arg WEIGHTS="b0 v2_s" -t effnet .
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 \
    EFFNET_WEIGHTS=/srv/weights
RUN useradd --create-home --uid 10001 effnet && mkdir -p /srv/weights /srv/app \
    && chown effnet /srv/weights
WORKDIR /srv/app

# PyTorch without CUDA: a tenth of the size. An index of one's own goes here.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY requirements.txt ./
RUN pip install --extra-index-url "$TORCH_INDEX" -r requirements.txt

COPY pyproject.toml setup.py README.md app.py ./
COPY .ci/extras .ci/extras
COPY effnet effnet
COPY pages pages
COPY assets assets
COPY .streamlit .streamlit
RUN pip install --no-deps --editable .

USER effnet
ARG WEIGHTS=""
RUN if [ -n "$WEIGHTS" ]; then python -m effnet weights download $WEIGHTS; fi

EXPOSE 8501
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s CMD ["python", "-c", \
  "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=2)"]
CMD ["streamlit", "run", "app.py", "--server.address", "0.0.0.0", "--server.port", "8501", \
     "--server.headless", "true"]
