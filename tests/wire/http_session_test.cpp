#include "wire/http_session.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stepwell::wire {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A session whose requests are only counted; their replies are given by the test.
class HttpSessionTest : public testing::Test {
 protected:
    void receive(std::string_view bytes) {
        const std::span<char> space = session_.space();
        ASSERT_GE(space.size(), bytes.size());
        bytes.copy(space.data(), bytes.size());
        session_.received(bytes.size());
        advance();
    }
    void advance() {
        session_.advance(
            [this](const HttpRequest&, std::uint64_t sequence) { asked_.push_back(sequence); }, "");
    }
    void answer(std::uint64_t sequence) {
        session_.place(sequence, [](ReplyWriter& writer) {
            writer.begin(200);
            writer.finish({}, "ok");
        });
        advance();
    }
    std::string take_output() {
        std::string_view views[4];
        std::string text;
        while (!session_.output().is_empty()) {
            const std::size_t count = session_.output().front(views);
            for (std::size_t i = 0; i < count; ++i) {
                text.append(views[i]);
                session_.output().consume(views[i].size());
            }
        }
        return text;
    }
    /// The time that is left after an update at `now_`.
    milliseconds left(HttpSession::Socket socket = HttpSession::Socket::open,
                      bool has_sent = false) {
        session_.update_deadline(socket, has_sent, now_);
        return std::chrono::duration_cast<milliseconds>(session_.deadline() - now_);
    }

    HttpTimeLimits times_;
    HttpSession session_{HttpParser::Limits{}, times_};
    std::vector<std::uint64_t> asked_;
    SteadyTime now_{std::chrono::hours{1000}};
};

constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_F(HttpSessionTest, ANewConnectionMayBeIdleAsLongAsAnyOther) {
    EXPECT_EQ(left(), times_.idle_max);
}

TEST_F(HttpSessionTest, TheTimeForAHeadBeginsWithItsFirstByteAndDoesNotStartAgain) {
    left();
    receive("GET / HT");
    EXPECT_EQ(left(), times_.head_max);
    now_ += seconds{5};
    receive("TP/1.1\r\n");
    EXPECT_EQ(left(), times_.head_max - seconds{5});
}

TEST_F(HttpSessionTest, EachRequestHasItsOwnTime) {
    left();
    receive("GET / HT");
    left();
    now_ += seconds{5};
    receive("TP/1.1\r\nHost: h\r\n\r\nGET /2 HT");
    answer(0);
    EXPECT_EQ(left(), times_.head_max);
}

TEST_F(HttpSessionTest, AnOperationMayTakeAsLongAsItLikes) {
    left();
    receive(request);
    left();
    EXPECT_EQ(session_.deadline(), SteadyTime::max());
    answer(0);
    EXPECT_EQ(left(), times_.idle_max);
}

TEST_F(HttpSessionTest, ALargerBodyHasMoreTime) {
    left();
    receive("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    EXPECT_EQ(left(), times_.body_max);
    for (int i = 0; i < 32; ++i) receive(std::string(1024, 'x'));
    EXPECT_EQ(left(), times_.body_max + seconds{2});
}

TEST_F(HttpSessionTest, AClientThatTakesItsReplySlowlyIsServedOneThatTakesNothingIsNot) {
    left();
    EXPECT_EQ(left(HttpSession::Socket::blocked), times_.write_max);
    now_ += seconds{5};
    EXPECT_EQ(left(HttpSession::Socket::blocked), times_.write_max - seconds{5});
    EXPECT_EQ(left(HttpSession::Socket::blocked, true), times_.write_max);
}

TEST_F(HttpSessionTest, WhoIsTooSlowInTheMiddleOfARequestIsTold) {
    left();
    EXPECT_FALSE(session_.time_out()) << "nothing to answer";
    receive("GET / HT");
    left();
    EXPECT_TRUE(session_.time_out());
    advance();
    EXPECT_TRUE(take_output().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    EXPECT_TRUE(session_.is_over());
}

TEST_F(HttpSessionTest, DrainingEndsWithTheLastReplyThatIsDue) {
    receive(std::string{request}.append(request));
    session_.drain();
    receive(request);
    EXPECT_EQ(asked_.size(), 2U) << "no further request is taken";
    answer(1);
    EXPECT_FALSE(session_.is_over());
    answer(0);
    EXPECT_TRUE(session_.is_over());
    const std::string output = take_output();
    EXPECT_EQ(output.find("Connection: close"), output.rfind("Connection: close"))
        << "with the last reply only";
    EXPECT_NE(output.find("Connection: close"), std::string::npos);
}

TEST_F(HttpSessionTest, DrainingAnIdleConnectionEndsIt) {
    session_.drain();
    EXPECT_TRUE(session_.is_over());
}

TEST_F(HttpSessionTest, AReplyToARequestThatWasDroppedIsIgnored) {
    receive("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    answer(0);
    take_output();
    answer(0);
    answer(7);
    EXPECT_EQ(take_output(), "");
}

}  // namespace
}  // namespace stepwell::wire
