#!/usr/bin/env bash
# Finds or builds the image with `rackform build image`. Every input becomes one argument, every line of a list one of its own.
set -euo pipefail

arguments=()

# Adds a flag with an input's value, where it has one.
one() {
  local name="INPUT_$1"
  if [[ -n "${!name:-}" ]]; then
    arguments+=("$2=${!name}")
  fi
}

# Adds a flag for every line of an input that is not blank.
each() {
  local name="INPUT_$1" line
  while IFS= read -r line || [[ -n "$line" ]]; do
    if [[ -n "${line//[[:space:]]/}" ]]; then
      arguments+=("$2=$line")
    fi
  done <<<"${!name:-}"
}

one ADDITIONAL_BUILD_ARGS --additional-build-args
one ARCHITECTURE --architecture
one CONTEXT --context
one DOCKERFILE --dockerfile
one DOCKERFILE_INLINE --dockerfile-inline
one ENGINE --engine
one EXPORT_ENV_VARIABLE --export-env-variable
one GCP_PROJECT --gcp-project
one MAX_AGE_DAYS --max-age-days
one NAME --name
one REGISTRY --registry
one REGISTRY_HOSTNAME --registry-hostname
one REPOSITORY --repository
one TARGET --target
each BUILD_ARGS --build-arg
each CACHE_ON --cache-on
each SECRETS --secret
if [[ "${INPUT_SKIP_PULL:-}" == true ]]; then
  arguments+=(--skip-pull)
fi

exec "${RACKFORM:-rackform}" build image --export github ${arguments[@]+"${arguments[@]}"}
