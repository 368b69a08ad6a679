#!/usr/bin/env bash
# Run the libraries of docs/verifying.md in all their languages, and write its tables.
# Needs python3, node, go, cargo, java and mvn; installs pinned versions into a temporary folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
programs=$PWD/tests/verifying/programs scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
mkdir "$scratch"/{js,go,rust,java}

python3 -m venv "$scratch/python"
"$scratch/python/bin/pip" install -q svix==2.9.1 standardwebhooks==1.1.0 cloudevents==2.2.0

(cd "$scratch/js" && npm init -y >"$scratch/log" &&
  npm install --silent standardwebhooks@1.1.1 svix@1.99.1 cloudevents@10.0.0)

(cd "$scratch/go" && cp "$programs/verify.go" main.go && go mod init verify 2>"$scratch/log" &&
  go get github.com/standard-webhooks/standard-webhooks/libraries@v0.0.1 \
    github.com/cloudevents/sdk-go/v2@v2.16.2 2>"$scratch/log" && go build -o verify .)

cat >"$scratch/rust/Cargo.toml" <<'END'
[package]
name = "verify"
version = "0.0.0"
edition = "2021"
[[bin]]
name = "verify"
path = "verify.rs"
[dependencies]
base64 = "0.22"
cloudevents-sdk = { version = "=0.9.0", features = ["http-binding"] }
http = "1"
serde_json = "1"
standardwebhooks = "=1.0.1"
END
(cd "$scratch/rust" && cp "$programs/verify.rs" . &&
  STANDARDWEBHOOKS=1.0.1 CLOUDEVENTS=0.9.0 cargo build -q)

cat >"$scratch/java/pom.xml" <<'END'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>verify</groupId><artifactId>verify</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>com.standardwebhooks</groupId><artifactId>standardwebhooks</artifactId>
    <version>1.1.0</version>
  </dependency></dependencies>
</project>
END
(cd "$scratch/java" && mvn -q dependency:copy-dependencies -DoutputDirectory=lib >"$scratch/log" &&
  javac -cp 'lib/*' -d . "$programs/Verify.java")

# Now, not before: the libraries refuse what is five minutes old.
.venv/bin/python -m tests.verifying.cases >"$scratch/cases.json"
.venv/bin/python -m tests.verifying.tables lines "$scratch/cases.json" >"$scratch/cases.txt"
cd "$scratch"
python/bin/python "$programs/verify.py" cases.json >python.json
(cd js && node "$programs/verify.mjs" ../cases.json >../js.json)
go/verify cases.json >go.json
rust/target/debug/verify cases.json >rust.json
java -cp 'java:java/lib/*' Verify cases.txt 1.1.0 >java.json
cd "$OLDPWD"
.venv/bin/python -m tests.verifying.tables write "$scratch"/{python,js,go,rust,java}.json
