# Sourced by .ci/run and .ci/full: runs steps by name and prints how long each took.

# What a step could not check here; each note is printed at the end, so that it is not taken for a pass.
mkdir -p target
export CI_NOTES=$PWD/target/ci-notes
: >"$CI_NOTES"

names=() results=() seconds=()

# Runs a command as a step. A failure of `step_failed` (set by the caller) decides whether the run goes on.
step() {
    local name=$1 began=$SECONDS result=passed
    shift
    printf '\n== %s\n' "$name"
    "$@" || result=FAILED
    names+=("$name") results+=("$result") seconds+=("$((SECONDS - began))")
    [ "$result" = passed ] || step_failed
}

# Prints the table of the steps and ends, with 1 if any failed.
finish() {
    local i failed=0
    printf '\n%-52s %7s  %s\n' "step" "seconds" "result"
    for i in "${!names[@]}"; do
        printf '%-52s %7d  %s\n' "${names[i]}" "${seconds[i]}" "${results[i]}"
        [ "${results[i]}" = passed ] || failed=$((failed + 1))
    done
    printf '%-52s %7d\n' "all" "$SECONDS"
    [ ! -s "$CI_NOTES" ] || { printf '\nNot checked:\n'; cat "$CI_NOTES"; }
    printf '\n%d passed, %d failed\n' "$((${#names[@]} - failed))" "$failed"
    exit "$((failed > 0))"
}
