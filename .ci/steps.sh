# Sourced by .ci/run and .ci/full. Runs steps by name and prints how long each took.

# A step that skips a check writes a line here. The notes are printed at the end, so that a skipped check is not
# mistaken for a pass.
mkdir -p target
export CI_NOTES=$PWD/target/ci-notes
: >"$CI_NOTES"

names=() results=() seconds=()

# Runs a command as a step. After a failure it calls `step_failed`, which the sourcing script defines.
step() {
    local name=$1 began=$SECONDS result=passed notes
    shift
    notes=$(wc -l <"$CI_NOTES")
    printf '\n== %s\n' "$name"
    "$@" || result=FAILED
    [ "$result" = FAILED ] || [ "$(wc -l <"$CI_NOTES")" = "$notes" ] || result=skipped
    names+=("$name") results+=("$result") seconds+=("$((SECONDS - began))")
    [ "$result" != FAILED ] || step_failed
}

# Prints the table of the steps and ends, with 1 if any failed.
finish() {
    local i passed=0 failed=0
    printf '\n%-52s %7s  %s\n' "step" "seconds" "result"
    for i in "${!names[@]}"; do
        printf '%-52s %7d  %s\n' "${names[i]}" "${seconds[i]}" "${results[i]}"
        [ "${results[i]}" != passed ] || passed=$((passed + 1))
        [ "${results[i]}" != FAILED ] || failed=$((failed + 1))
    done
    printf '%-52s %7d\n' "all" "$SECONDS"
    [ ! -s "$CI_NOTES" ] || { printf '\nSkipped:\n'; cat "$CI_NOTES"; }
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    exit "$((failed > 0))"
}
