#include "callback_definition.hpp"

#include <algorithm>

namespace stepwell::bench {

namespace {

constexpr std::string_view callback_states = R"({
  "StartAt": "Start Task And Wait For Callback",
  "States": {
    "Start Task And Wait For Callback": {
      "Type": "Task",
      "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
      "Parameters": {
        "QueueUrl": "http://127.0.0.1:4566/000000000000/QUEUE",
        "MessageBody": {"Input.$": "$", "TaskToken.$": "$$.Task.Token"}
      },
      "Next": "Notify Success",
      "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Notify Failure"}]
    },
    "Notify Success": {
      "Type": "Task",
      "Resource": "arn:aws:states:::sns:publish",
      "Parameters": {
        "Message": "Callback received by Task started by Step Functions",
        "TopicArn": "arn:aws:sns:us-east-1:000000000000:bench"
      },
      "End": true
    },
    "Notify Failure": {
      "Type": "Task",
      "Resource": "arn:aws:states:::sns:publish",
      "Parameters": {
        "Message": "Task started by Step Functions failed",
        "TopicArn": "arn:aws:sns:us-east-1:000000000000:bench"
      },
      "End": true
    }
  }
})";

}  // namespace

std::string callback_definition(std::string_view queue) {
    constexpr std::string_view place = "QUEUE\"";
    std::string text{callback_states};
    return text.replace(text.find(place), place.size() - 1, queue);
}

std::string filler(std::size_t bytes, std::size_t other_bytes) {
    return std::string(bytes - std::min(bytes, other_bytes), 'x');
}

}  // namespace stepwell::bench
