// SPDX-License-Identifier: Apache-2.0

#include "tests/support/versioned_daemon.h"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "containercollector/json.h"
#include "tests/support/catch.h"
#include "tests/support/raw_client.h"
#include "tests/support/recorded_node.h"
#include "tests/support/responses.h"
#include "tests/support/scripted_daemon.h"

namespace containercollector::test {
namespace {

/// All that the daemon sends for one request.
std::string Ask(const VersionedDaemon& script, const std::string& request) {
  const ScriptedDaemon daemon(LoopbackTcp{}, script);
  RawClient client(daemon.Host());
  client.Send(request + " HTTP/1.1\r\nConnection: close\r\n\r\n");
  return client.ReceiveToEnd().bytes;
}

RecordedNode Recorded(const std::string& name) {
  std::ifstream file(TEST_DATA_DIR "/recorded/" + name);
  std::ostringstream json;
  json << file.rdbuf();
  return RecordedNode(json.str());
}

std::vector<Container> List(const std::string& query) {
  return DecodeContainers(Recorded("docker-20.10.24.json")(query)).value();
}

/// The names that the recorded node lists.
std::string Names(const std::string& query) {
  std::string names;
  for (const Container& container : List(query)) {
    const std::string& name = container.names->front();
    names += name.rfind("/k8s_", 0) == 0 ? name.substr(0, 10) : name;
  }
  return names;
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a versioned daemon rejects API versions older than its own") {
  VersionedDaemon script;
  script.min_api_version = "1.44";
  script.max_api_version = "1.52";
  script.server_version = "29.0.0";

  CHECK(Ask(script, "GET /v1.40/containers/json") ==
        DaemonError(400,
                    "client version 1.40 is too old. Minimum supported API "
                    "version is 1.44, please upgrade your client to a newer "
                    "version",
                    DaemonHeaders("1.52", "29.0.0")));
  CHECK(Ask(script, "GET /v1.9/containers/json") ==
        ResponseBytes(400, kPlainText,
                      "client version 1.9 is too old. Minimum supported API "
                      "version is 1.44, please upgrade your client to a newer "
                      "version\n",
                      DaemonHeaders("1.52", "29.0.0")));
}

TEST_CASE("a versioned daemon rejects API versions newer than its own") {
  VersionedDaemon script;
  script.max_api_version = "1.39";

  CHECK(Ask(script, "GET /v1.40/containers/json") ==
        DaemonError(400,
                    "client version 1.40 is too new. Maximum supported API "
                    "version is 1.39",
                    DaemonHeaders("1.39")));
}

TEST_CASE("a versioned daemon lists containers under all its API versions") {
  VersionedDaemon script;
  script.containers_json = "[{}]";
  const std::string list = ResponseBytes(200, kJson, "[{}]");

  for (const std::string version : {"", "/v1.12", "/v1.40"}) {
    CHECK(Ask(script, "GET " + version + "/containers/json?all=1") == list);
  }
}

TEST_CASE("a recorded node lists what the query asks for") {
  CHECK(Names("") == "/hostnet/restarting/paused/web/k8s_nginx/k8s_POD_n");
  CHECK(Names("all=1") ==
        "/hostnet/linked/created/restarting/failed/paused/mounts/web"
        "/k8s_nginx/k8s_POD_n");
  CHECK(Names("all=1&limit=2") == "/hostnet/linked");
  CHECK(Names("limit=2") == "/hostnet/linked");
  CHECK(Names(R"(filters={"status":["exited"]})") == "/failed");
  CHECK(Names(R"(all=1&filters={"exited":["3"]})") == "/failed");
  CHECK(Names(R"(all=1&filters={"exited":["4"]})").empty());
  CHECK(Names(R"(filters={"network":["appnet"]})") == "/web");
  CHECK(Names(R"(filters={"label":["io.kubernetes.docker.type=container"]})") ==
        "/k8s_nginx");
  CHECK(Names(R"(all=1&filters={"since":["created"]})") == "/hostnet/linked");

  CHECK(List("all=1&size=1")[0].size_root_fs == 1982256);
  CHECK(List("all=1")[0].size_root_fs == 0);
  CHECK(DecodeContainers(Recorded("podman-4.3.1.json")("all=1"))->size() == 1);
}

TEST_CASE("a versioned daemon rejects what its list function throws for") {
  VersionedDaemon script;
  script.list_containers = Recorded("docker-20.10.24.json");
  CHECK(Ask(script, R"(GET /containers/json?filters={"volume":["v"]})") ==
        DaemonError(400,
                    "Invalid filter 'volume'. The list of a container runtime "
                    "takes these: ancestor, before, exited, id, label, name, "
                    "network, since, status."));
  CHECK(Contains(Ask(script, "GET /containers/json?limit=1"),
                 R"("Names":["/hostnet"])"));
}

TEST_CASE("a versioned daemon sends long lists in chunks") {
  VersionedDaemon script;
  script.containers_json = '[' + std::string(10'000, ' ') + ']';
  CHECK(Ask(script, "GET /containers/json") ==
        Chunked(200, kJson, script.containers_json, 4096));
}

TEST_CASE("a versioned daemon tells its versions") {
  VersionedDaemon script;
  script.min_api_version = "1.24";
  script.max_api_version = "1.41";
  script.server_version = "20.10.24";

  const std::string ping = Ask(script, "GET /_ping");
  CHECK(ping == ResponseBytes(200, kPlainText, "OK",
                              DaemonHeaders("1.41", "20.10.24")));
  CHECK(Ask(script, "HEAD /_ping") == HeadOf(ping));

  const std::string version = Ask(script, "GET /v1.24/version");
  CHECK(Contains(version, R"("Version":"20.10.24")"));
  CHECK(Contains(version, R"("ApiVersion":"1.41")"));
  CHECK(Contains(version, R"("MinAPIVersion":"1.24")"));

  script.version_json = "{}";
  CHECK(Contains(Ask(script, "GET /version"), "\r\n\r\n{}"));
}

TEST_CASE("a versioned daemon knows no other pages") {
  const VersionedDaemon script;
  const std::string not_found = PageNotFound({});
  CHECK(not_found.rfind("HTTP/1.1 404 Not Found\r\n", 0) == 0);
  CHECK(Contains(not_found, "\r\n\r\n{\"message\":\"page not found\"}\n"));

  CHECK(Ask(script, "GET /v1.40/images/json") == not_found);
  CHECK(Ask(script, "GET /v/containers/json") == not_found);
  CHECK(Ask(script, "GET /v1.40") == not_found);
  CHECK(Ask(script, "POST /containers/json") == not_found);
}

}  // namespace containercollector::test
