#!/usr/bin/env bash
# Pulls or builds the image with `rackform build image`. Each input becomes one argument; each line of a list becomes one argument.
set -euo pipefail

arguments=()

# Adds a flag with the value of an input, if it is not empty.
add_value() {
  local name="INPUT_$1"
  if [[ -n "${!name:-}" ]]; then
    arguments+=("$2=${!name}")
  fi
}

# Adds a flag for each line of an input, except blank lines.
add_each() {
  local name="INPUT_$1" line
  while IFS= read -r line || [[ -n "$line" ]]; do
    if [[ -n "${line//[[:space:]]/}" ]]; then
      arguments+=("$2=$line")
    fi
  done <<<"${!name:-}"
}

add_value ADDITIONAL_BUILD_ARGS --additional-build-args
add_value ARCHITECTURE --architecture
add_value CONTEXT --context
add_value DOCKERFILE --dockerfile
add_value DOCKERFILE_INLINE --dockerfile-inline
add_value ENGINE --engine
add_value EXPORT_ENV_VARIABLE --export-env-variable
add_value GCP_PROJECT --gcp-project
add_value MAX_AGE_DAYS --max-age-days
add_value NAME --name
add_value REGISTRY --registry
add_value REGISTRY_HOSTNAME --registry-hostname
add_value REPOSITORY --repository
add_value TARGET --target
add_each BUILD_ARGS --build-arg
add_each CACHE_ON --cache-on
add_each SECRETS --secret
if [[ "${INPUT_SKIP_PULL:-}" == true ]]; then
  arguments+=(--skip-pull)
fi

exec "${RACKFORM:-rackform}" build image --export github ${arguments[@]+"${arguments[@]}"}
