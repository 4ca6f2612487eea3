// SPDX-License-Identifier: Apache-2.0

#include <fstream>
#include <iterator>

#include "tests/integration/node.h"
#include "tests/support/error_of.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

std::string Recorded(const std::string& file) {
  std::ifstream stream(TEST_DATA_DIR "/recorded/" + file);
  REQUIRE(stream);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string ValueOf(const std::string& json) {
  return json.substr(0, json.find_last_not_of(" \n") + 1);
}

}  // namespace

TEST_CASE("A response is accepted in every form that HTTP allows") {
  Node node;
  SECTION("with a length") { node.Start(RespondWith(GoodResponse())); }
  SECTION("in chunks") {
    node.Start(RespondWith(Chunked(200, kJson, kOneContainer, 7)));
  }
  SECTION("until the connection closes") {
    node.Start(RespondAndClose(UntilClose(200, kJson, kOneContainer)));
  }
  SECTION("as another type") {
    node.Start(RespondWith(ResponseBytes(200, kPlainText, kOneContainer)));
  }
  SECTION("with blanks around it") {
    node.Start(RespondWith(
        ResponseBytes(200, kJson, " \n" + std::string(kOneContainer) + "\n")));
  }
  CheckCollected(node.Post());
  CheckCollected(node.Post());
}

TEST_CASE("A node without containers gives an empty array") {
  Node node;
  SECTION("[]") { node.Start(RespondWith(ResponseBytes(200, kJson, "[]"))); }
  SECTION("null") {
    node.Start(RespondWith(ResponseBytes(200, kJson, "null")));
  }
  const Response response = node.Post();
  CHECK(response.status == 200);
  CHECK(response.body == "[]");
  CHECK(response.container_count == 0);
  CheckRecovers(node);
}

TEST_CASE("The response of a Docker node passes byte for byte") {
  Node node;
  const std::string recorded = ValueOf(Recorded("docker-20.10.24.json"));
  node.Start(RespondWith(Chunked(200, kJson, recorded, 1000)));
  const Response response = node.Post();
  CHECK(response.status == 200);
  CHECK(response.body == recorded);
  CHECK(response.container_count == 10);
}

TEST_CASE("The response of a Podman node keeps only the fields of Docker") {
  Node node;
  node.Start(
      RespondWith(ResponseBytes(200, kJson, Recorded("podman-4.3.1.json"))));
  CHECK(
      node.Post().body ==
      R"([{"Id":"8520a56ebcd51d4e505a22b4b933688de316efd49f152b537002a2c3e8d4a63c","Names":["/p1"],)"
      R"("Image":"localhost/bb:1","ImageID":"sha256:65848f7a48b230a94f4dfd6848e1111126b105164b6c7b647a72630a830b1f6c",)"
      R"("Command":"/bin/sleep 1000","Created":1795426352,"Ports":[],"SizeRootFs":1982284,"Labels":{"a":"b"},)"
      R"("State":"created","Status":"Created","HostConfig":{},"NetworkSettings":{"Networks":null},"Mounts":[]}])");
}

TEST_CASE("Keys in another case are read as Go reads them") {
  Node node;
  node.Start(RespondWith(ResponseBytes(
      200, kJson,
      R"([{"ID":"4444","names":["/web"],"image":"nginx","ImageId":"sha256:dd",)"
      R"("command":"nginx","created":1795700000,"labels":{"a":"b","A":"B"},)"
      R"("state":"running","status":"Up"}])")));
  CHECK(
      node.Post().body ==
      R"([{"Id":"4444","Names":["/web"],"Image":"nginx","ImageID":"sha256:dd",)"
      R"("Command":"nginx","Created":1795700000,"Ports":null,)"
      R"("Labels":{"A":"B","a":"b"},"State":"running","Status":"Up",)"
      R"("HostConfig":{},"NetworkSettings":null,"Mounts":null}])");
}

TEST_CASE("The last container with an ID wins, and all without an ID stay") {
  Node node;
  const auto [ids, kept] = GENERATE(table<std::string, std::string>({
      // The IDs, "-" for none, and the places of those that stay.
      {"aabc", "123"},
      {"abca", "123"},
      {"abab", "23"},
      {"aaaa", "3"},
      {"abcc", "013"},
      {"abcd", "0123"},
      {"-a-a-", "0234"},
      {"a", "0"},
      {"", ""},
  }));
  CAPTURE(ids);
  std::string list;
  for (const char id : ids) {
    list += (list.empty() ? R"({"Id":")" : R"(,{"Id":")") +
            (id == '-' ? "" : std::string(3, id) + R"(\",\"Names\":\\)") +
            R"(","Image":")" + std::to_string(list.size()) + "\"}";
  }
  node.Start(RespondWith(ResponseBytes(200, kJson, "[" + list + "]")));
  const auto all = DecodeContainers("[" + list + "]").value();
  std::vector<Container> expected;
  for (const char place : kept)
    expected.push_back(all.at(static_cast<std::size_t>(place - '0')));
  const Response response = node.Post();
  CHECK(response.body == EncodeContainers(expected));
  CHECK(response.container_count == expected.size());
  CHECK(node.client().ListContainers() == expected);
}

TEST_CASE("Half an emoji in a label costs the label half an emoji") {
  Node node;
  node.Start(RespondWith(ResponseBytes(
      200, kJson, R"([{"Id":"6666","Labels":{"title":"party \ud83d"}}])")));
  const Response response = node.Post();
  CHECK(response.status == 200);
  CHECK(DecodeContainers(response.body)->at(0).labels->at("title") ==
        "party \xEF\xBF\xBD");
}

TEST_CASE(
    "The query of the route reaches the daemon in the form of Docker's own "
    "client") {
  Node node;
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  node.Post();
  node.Post("all=0");
  node.Post(
      "all=false&size=1&limit=2&filters=%7B%22status%22%3A%5B%22running%22%5D%"
      "7D&ignored=1");
  const auto requests = daemon.Requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].method == "GET");
  CHECK(requests[0].target == "/v1.40/containers/json?all=1");
  CHECK(requests[1].target == "/v1.40/containers/json");
  CHECK(requests[2].target ==
        "/v1.40/containers/"
        "json?limit=2&size=1&filters=%7B%22status%22%3A%7B%22running%22%3Atrue%"
        "7D%7D");
}

TEST_CASE("A request that the route rejects never reaches the daemon") {
  Node node;
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  CHECK(node.Post("limit=x").status == 400);
  CHECK(Processor(DockerClient(Node::PatientOptions()))
            .Handle("GET", Processor::kArrayPath)
            .status == 405);
  ListOptions options;
  options.filters.Add("label", "");
  CHECK(ErrorOf([&] { return node.client().ListContainers(options); }).code() ==
        ErrorCode::kInvalidArgument);
  CHECK(daemon.ConnectionsOpened() == 0);
}

TEST_CASE("A ping returns what the daemon's headers say") {
  Node node;
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  const PingResult ping = node.client().Ping();
  CHECK(ping.api_version == "1.40");
  CHECK(ping.os_type == "linux");
  CHECK_FALSE(ping.experimental);
  CHECK(ping.builder_version.empty());
  CHECK(daemon.Requests().at(0).target == "/_ping");

  daemon.SetScript(RespondWith(ResponseBytes(200, kPlainText, "OK",
                                             {{"api-version", "1.41"},
                                              {"DOCKER-EXPERIMENTAL", "true"},
                                              {"Builder-Version", "2"}})));
  CHECK(node.client().Ping().api_version == "1.41");
  CHECK(node.client().Ping().experimental);
  CHECK(node.client().Ping().builder_version == "2");

  daemon.SetScript(RespondWith(DaemonError(500, "not today")));
  const Error error = ErrorOf([&] { node.client().Ping(); });
  CHECK(error.what() == std::string("Error response from daemon: not today"));
  CHECK(error.http_status() == 500);
}

TEST_CASE("The version of a Docker daemon is decoded") {
  Node node;
  node.Start(RespondWith(
      ResponseBytes(200, kJson, Recorded("docker-20.10.24.version.json"))));
  const DaemonVersion version = node.client().GetDaemonVersion();
  CHECK(version.version == "20.10.24+dfsg1");
  CHECK(version.api_version == "1.41");
  CHECK(version.min_api_version == "1.12");
  CHECK(version.os == "linux");
  REQUIRE(OrEmpty(version.components).size() == 4);
  const ComponentVersion& engine = version.components->front();
  CHECK(engine.name == "Engine");
  CHECK(engine.details.value().at("ApiVersion") == "1.41");

  node.Start(RespondWith(ResponseBytes(200, kJson, "[]")));
  CHECK(ErrorOf([&] { return node.client().GetDaemonVersion(); }).what() ==
        "The answer of the Docker daemon at " + node.host() +
            " to GET /version is malformed: expected an object, got an array. "
            "Check that it is a Docker daemon that "
            "listens there, and look at its log.");
}
