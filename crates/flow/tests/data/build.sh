#!/bin/sh
# Builds the class files and the DEX made from the same classes.
# Needs javac 17, D8 (D8_JAR) and an Android platform jar of any level (ANDROID_JAR).
set -eu
cd "$(dirname "$0")"
out=$(mktemp -d)
mkdir "$out/stub" "$out/cls" "$out/dex"
javac -nowarn --release 11 -cp "$ANDROID_JAR" -d "$out/stub" $(find stub -name '*.java')
javac -nowarn -g:source,lines --release 11 -cp "$ANDROID_JAR:$out/stub" -d "$out/cls" t/*.java
# --debug: a release build would compute some of the values itself.
java -cp "$D8_JAR" com.android.tools.r8.D8 --debug --min-api 26 --lib "$ANDROID_JAR" \
    --classpath "$out/stub" --output "$out/dex" "$out"/cls/t/*.class
cp "$out"/cls/t/*.class t/
cp "$out/dex/classes.dex" t/classes.dex
rm -r "$out"
