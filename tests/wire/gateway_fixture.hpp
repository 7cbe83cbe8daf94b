// A gateway behind a real server, with operations that answer what the test says and remember what
// they were asked.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>

#include "wire/gateway.hpp"
#include "wire/raw_client.hpp"

namespace stepwell::wire {

class GatewayTest : public testing::Test {
 protected:
    /// Registers "service.Operation"; before the first request.
    void have(const std::string& name, Result<api::Reply> answer = api::Reply{"{}"}) {
        const auto dot = name.find('.');
        operations_.add(name.substr(0, dot), name.substr(dot + 1),
                        [this, name, answer](api::Call call, api::Respond respond) {
                            {
                                const std::lock_guard lock{mutex_};
                                called_ = name;
                                call_ = std::move(call);
                            }
                            respond(answer);
                        });
    }

    std::string address() {
        if (server_ == nullptr) {
            gateway_ = std::make_unique<Gateway>(operations_, options_);
            HttpServer::Options options;
            options.listen = "127.0.0.1:0";
            options.limits.body_rule = &Gateway::body_rule;
            server_ = *HttpServer::listen(options);
            server_->serve([this](const HttpRequest& request, PendingReply reply) {
                gateway_->handle(request, std::move(reply));
            });
        }
        return server_->address();
    }

    /// Sends bytes as they are and gives the whole reply.
    std::string send(std::string_view bytes, bool has_body = true) {
        called_.clear();
        call_ = {};
        RawClient client{address()};
        client.send(bytes);
        return client.read_reply(has_body);
    }
    std::string post(std::string_view headers, std::string_view body, std::string_view path = "/") {
        std::string request{"POST "};
        request.append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1:4566\r\n").append(headers);
        request.append("Content-Length: ")
            .append(std::to_string(body.size()))
            .append("\r\n\r\n")
            .append(body);
        return send(request);
    }
    std::string post_json(std::string_view target, std::string_view body) {
        std::string headers{"Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: "};
        return post(headers.append(target).append("\r\n"), body);
    }
    std::string post_form(std::string_view body, std::string_view path = "/") {
        return post("Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n", body,
                    path);
    }
    /// A request that a real client once sent, byte for byte.
    std::string send_recorded(const std::string& name) {
        std::ifstream file{
            std::filesystem::path{__FILE__}.parent_path() / "data" / (name + ".http"),
            std::ios::binary};
        EXPECT_TRUE(file.is_open()) << name;
        std::stringstream bytes;
        bytes << file.rdbuf();
        return send(bytes.str());
    }

    api::OperationTable operations_;
    Gateway::Options options_;
    std::string called_;  // "sqs.SendMessage"
    api::Call call_;

 private:
    std::mutex mutex_;
    std::unique_ptr<Gateway> gateway_;
    std::unique_ptr<HttpServer> server_;
};

inline std::string header_of(const std::string& reply, const std::string& name) {
    const auto at = reply.find("\r\n" + name + ": ");
    if (at == std::string::npos || at > reply.find("\r\n\r\n")) return "";
    const auto from = at + name.size() + 4;
    return reply.substr(from, reply.find("\r\n", from) - from);
}

}  // namespace stepwell::wire
