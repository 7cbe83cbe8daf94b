// `stepwell doctor`: what is whole is called so, and what is damaged is found.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "cli/served.hpp"
#include "flow/records.hpp"
#include "journal/storage.hpp"
#include "wire/raw_client.hpp"

namespace stepwell::cli {
namespace {

class Doctor : public ::testing::Test {
 protected:
    /// A server that has done a little of everything, and was killed.
    Doctor() {
        Served server{{"serve", "--listen", "127.0.0.1:0", "--data", data_.path()}};
        const std::string line = server.read_line();
        address_ = line.substr(line.rfind('/') + 1);
        const std::string machine =
            R"(\"States\":{\"A\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.waits\",\"BooleanEquals\":true,\"Next\":\"W\"}],)"
            R"(\"Default\":\"P\"},\"W\":{\"Type\":\"Wait\",\"Seconds\":9999,\"End\":true},\"P\":{\"Type\":\"Pass\",\"End\":true}})";
        call(
            "AWSStepFunctions.CreateStateMachine",
            R"({"name":"m","roleArn":"arn:aws:iam::000000000000:role/r","definition":"{\"StartAt\":\"A\",)" +
                machine + R"(}"})");
        for (const std::string_view input : {"true", "false"}) {
            call(
                "AWSStepFunctions.StartExecution",
                R"({"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m","input":"{\"waits\":)" +
                    std::string(input) + R"(}"})");
        }
        call("AmazonSQS.CreateQueue", R"({"QueueName":"q"})");
        call("AmazonSQS.SendMessage",
             R"({"QueueUrl":"http://localhost/000000000000/q","MessageBody":"m"})");
        call("DynamoDB_20120810.CreateTable",
             R"({"TableName":"things","BillingMode":"PAY_PER_REQUEST",)"
             R"("KeySchema":[{"AttributeName":"k","KeyType":"HASH"}],)"
             R"("AttributeDefinitions":[{"AttributeName":"k","AttributeType":"N"}]})");
        call("DynamoDB_20120810.PutItem",
             R"({"TableName":"things","Item":{"k":{"N":"-1.5"},"a":{"S":"x"}}})");
        server.signal(SIGKILL);
        server.wait();
    }

    void call(const std::string& target, const std::string& body) {
        wire::RawClient client{address_};
        client.send("POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: " + target +
                    "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        const std::string reply = client.read_reply();
        ASSERT_EQ(wire::status_of(reply), "HTTP/1.1 200 OK") << reply;
    }
    Outcome doctor(const std::string& options = "") const {
        return run_program("doctor " + data_.path() + " " + options);
    }
    /// Damages a byte in the middle of the file's used part.
    static void flip(const std::filesystem::path& path, std::streamoff at) {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(at);
        const auto was = static_cast<char>(file.get());
        file.seekp(at);
        file.put(static_cast<char>(was ^ 1));
    }

    TestDirectory data_;
    std::string address_;
};

TEST_F(Doctor, FindsNothingAfterAKill) {
    const Outcome outcome = doctor();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_NE(outcome.output.find("executions   2, 1 of them running"), std::string::npos)
        << outcome.output;
    EXPECT_NE(outcome.output.find("messages     1, 0 of them received"), std::string::npos)
        << outcome.output;
    EXPECT_NE(outcome.output.find("items        1 in 1 tables"), std::string::npos)
        << outcome.output;
    EXPECT_EQ(doctor("--json").output.find(R"({"result":"OK","logBytes":)"), 0U);
}

TEST_F(Doctor, FindsADamagedLog) {
    const auto segment = std::filesystem::path(data_.path()) / "log" / "0000000000000001.log";
    flip(segment, 4'096 + 100);
    const Outcome outcome = doctor();
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    EXPECT_NE(outcome.output.find("0000000000000001.log"), std::string::npos) << outcome.output;
}

TEST_F(Doctor, FindsADamagedFileOfTheStore) {
    {  // a checkpoint
        const auto storage = journal::open_storage({.directory = data_.path()});
        ASSERT_TRUE(storage.has_value());
    }
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(data_.path()) / "store")) {
        if (entry.path().extension() == ".sst") flip(entry.path(), 30);
    }
    const Outcome outcome = doctor();
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    EXPECT_NE(outcome.output.find("problem: store: "), std::string::npos) << outcome.output;
}

TEST_F(Doctor, FindsWhatDoesNotFitTogether) {
    {
        const auto storage = journal::open_storage({.directory = data_.path()});
        ASSERT_TRUE(storage.has_value());
        Effects effects;
        (*storage)->scan(Table::history, {}, [&](std::string_view key, std::string_view) {
            effects.erase(Table::history, key);
            return true;
        });
        (*storage)->scan(Table::continuation, {}, [&](std::string_view key, std::string_view) {
            effects.erase(Table::continuation, key);
            return true;
        });
        effects.put(Table::message, std::string(16, '\1'), "nonsense");
        (*storage)->scan(Table::item, {}, [&](std::string_view key, std::string_view value) {
            effects.put(Table::item, std::string(key) + "x", value);
            return true;
        });
        (*storage)->commit(std::move(effects));
    }
    const Outcome outcome = doctor();
    EXPECT_EQ(outcome.exit_code, 1);
    for (const std::string_view problem :
         {"its history has no beginning", "it is listed, and is nowhere", "it cannot be read",
          "it stands under another key than its own", "this directory is damaged"}) {
        EXPECT_NE(outcome.output.find(problem), std::string::npos) << problem << "\n"
                                                                   << outcome.output;
    }
}

TEST_F(Doctor, LeavesADirectoryInUseAlone) {
    Served server{{"serve", "--listen", "127.0.0.1:0", "--data", data_.path()}};
    server.read_line();
    EXPECT_EQ(doctor().exit_code, 75);
    EXPECT_EQ(run_program("doctor " + data_.path() + "/missing").exit_code, 3);
}

}  // namespace
}  // namespace stepwell::cli
