#!/bin/sh
# Makes Alertmanager's files from those in this folder and the environment: sh render.sh OUTPUT_FOLDER
# Refuses with one line for each setting that is missing or wrong, naming it, and then writes nothing.
set -eu

source_folder=$(dirname "$0")
REQUIRED='GLASSGATE_STACK_SMTP_HOST GLASSGATE_STACK_SMTP_FROM GLASSGATE_STACK_ALERT_MAIL_TO GLASSGATE_STACK_RELAY_URL
  GLASSGATE_STACK_RELAY_TOKEN_FILE'
OPTIONAL='GLASSGATE_STACK_SMTP_USER GLASSGATE_STACK_SMTP_PASSWORD_FILE GLASSGATE_STACK_WATCHDOG_URL'
: "${GLASSGATE_STACK_SMTP_TLS:=true}"
: "${GLASSGATE_STACK_GRAFANA_URL:=http://127.0.0.1:3000}"
: "${GLASSGATE_STACK_HANDBOOK_URL:=docs/en}"
DEFAULTED='GLASSGATE_STACK_SMTP_TLS GLASSGATE_STACK_GRAFANA_URL GLASSGATE_STACK_HANDBOOK_URL'
faults=0

fault() {
  echo "$1" >&2
  faults=$((faults + 1))
}

# The names are the words above, never input: eval reads a variable by its name and nothing else.
value_of() { eval "printf '%s' \"\${$1:-}\""; }

check_settings() {
  for name in $REQUIRED; do
    [ -n "$(value_of "$name")" ] || fault "$name: missing"
  done
  # A quote would end the YAML string that the value stands in, a line break its line.
  for name in $REQUIRED $OPTIONAL $DEFAULTED; do
    case $(value_of "$name") in
      *[\'\"\\]* | *'
'*) fault "$name: must not contain quotes, backslashes or line breaks" ;;
    esac
  done
  for name in GLASSGATE_STACK_RELAY_URL GLASSGATE_STACK_WATCHDOG_URL GLASSGATE_STACK_GRAFANA_URL; do
    case $(value_of "$name") in
      '' | http://?* | https://?*) ;;
      *) fault "$name: must begin with http:// or https://" ;;
    esac
  done
  case $(value_of GLASSGATE_STACK_SMTP_HOST) in
    '' | ?*:[0-9]*) ;;
    *) fault 'GLASSGATE_STACK_SMTP_HOST: must be HOST:PORT' ;;
  esac
  case $GLASSGATE_STACK_SMTP_TLS in
    true | false) ;;
    *) fault 'GLASSGATE_STACK_SMTP_TLS: must be true or false' ;;
  esac
}

check_files() {
  if [ -n "$(value_of GLASSGATE_STACK_SMTP_USER)" ] && [ -z "$(value_of GLASSGATE_STACK_SMTP_PASSWORD_FILE)" ]; then
    fault 'GLASSGATE_STACK_SMTP_PASSWORD_FILE: missing, GLASSGATE_STACK_SMTP_USER is set'
  fi
  for name in GLASSGATE_STACK_RELAY_TOKEN_FILE GLASSGATE_STACK_SMTP_PASSWORD_FILE; do
    file=$(value_of "$name")
    [ -z "$file" ] || [ -s "$file" ] || fault "$name: $file is no file, is empty or cannot be read"
  done
}

# One sed script: leave out what is "only with" an unset name, take the remark away, put values in.
substitutions() {
  for name in $OPTIONAL; do
    if [ -n "$(value_of "$name")" ]; then
      echo "s/ *# only with $name\$//"
    else
      # A line stays a line: faults that Alertmanager finds have the same number in both files.
      echo "s/.*# only with $name\$/# $name is not set/"
    fi
  done
  for name in $REQUIRED $OPTIONAL $DEFAULTED; do
    # & and | mean something to sed; backslashes were refused above.
    printf 's|${%s}|%s|g\n' "$name" "$(value_of "$name" | sed 's/[&|]/\\&/g')"
  done
}

render() {
  sed -f "$3" "$1" >"$2.tmp"
  mv "$2.tmp" "$2"
}

[ $# -eq 1 ] || { echo 'usage: sh render.sh OUTPUT_FOLDER' >&2; exit 2; }
check_settings
check_files
[ "$faults" -eq 0 ] || exit 1

mkdir -p "$1/templates"
script="$1/.substitutions"
trap 'rm -f "$script"' EXIT
substitutions >"$script"
for template in "$source_folder"/templates/*.tmpl; do
  render "$template" "$1/templates/$(basename "$template")" "$script"
done
render "$source_folder/alertmanager.yml" "$1/alertmanager.yml" "$script"
