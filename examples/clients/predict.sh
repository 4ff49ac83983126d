#!/bin/sh
# Asks for the likeliest classes of a clip: predict.sh TRACK CLIP.json
set -eu
track=$1 clip=$2
url=${SIGNLOOP_URL:-http://127.0.0.1:8080}
{ printf '{"landmarks": '; cat "$clip"; printf '}'; } |
    curl --silent --show-error --fail-with-body \
        --header 'Content-Type: application/json' \
        ${SIGNLOOP_KEY:+--header "Authorization: Bearer $SIGNLOOP_KEY"} \
        --data-binary @- "$url/v1/$track/predict"
