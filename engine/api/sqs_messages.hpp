// SQS's messages as requests and answers say them. Known to this folder only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>

#include "api/sqs_sns_fields.hpp"
#include "base/hex.hpp"
#include "json/writer.hpp"
#include "queue/checksum.hpp"
#include "queue/standard_queue.hpp"

namespace stepwell::api::sqs {

/// What SendMessage answers.
struct SentText {
    queue::Md5Text md5_of_body;
    std::optional<queue::Md5Text> md5_of_attributes = {};         ///< absent: none were sent
    std::optional<queue::Md5Text> md5_of_system_attributes = {};  ///< likewise
    UuidText message_id = {};

    void write_members(json::Writer& writer) const;
};

enum class BodyForm : std::uint8_t {
    text,      ///< MessageBody is a string
    any_json,  ///< what is no string is sent as its JSON text
};

/// Sends what `fields`, a SendMessage or an entry of its batch form, says.
Result<SentText> send_to(Effects& effects, queue::StandardQueue& queue, Fields& fields,
                         BodyForm form);

/// What a ReceiveMessage asks for, and which attributes it wants to see.
struct ReceiveSelection {
    queue::ReceiveMessageInput input;
    std::vector<std::string> system_attribute_names;
    std::vector<std::string> attribute_names;

    /// errors   InvalidParameterValue: a number out of its range
    static Result<ReceiveSelection> make(Fields& fields);
    /// ReceiveMessage's output.
    std::string write(const queue::ReceivedMessages& received, std::string_view account) const;
};

/// errors   EmptyBatchRequest, TooManyEntriesInBatchRequest, InvalidBatchEntryId,
/// BatchEntryIdsNotDistinct source   Amazon SQS API Reference, SendMessageBatch
Result<> check_batch(const std::vector<json::Value>& entries, std::string_view kind);
/// errors   BatchRequestTooLong
Result<> check_batch_bytes(const std::vector<json::Value>& entries);

}  // namespace stepwell::api::sqs
