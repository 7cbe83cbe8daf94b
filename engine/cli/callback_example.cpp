#include "cli/callback_example.hpp"

#include "json/writer.hpp"

namespace stepwell::cli::callback_example {

namespace {

constexpr std::string_view definition_template = R"({
  "Comment": "An example of the Amazon States Language for starting a task and waiting for a callback.",
  "StartAt": "Start Task And Wait For Callback",
  "States": {
    "Start Task And Wait For Callback": {
      "Type": "Task",
      "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
      "Parameters": {
        "QueueUrl": QUEUE_URL,
        "MessageBody": {
          "MessageTitle": "Task started by Step Functions. Waiting for callback with task token.",
          "TaskToken.$": "$$.Task.Token"
        }
      },
      "Next": "Notify Success",
      "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Notify Failure" }]
    },
    "Notify Success": {
      "Type": "Task",
      "Resource": "arn:aws:states:::sns:publish",
      "Parameters": {
        "Message": "Callback received. Task started by Step Functions succeeded.",
        "TopicArn": TOPIC_ARN
      },
      "End": true
    },
    "Notify Failure": {
      "Type": "Task",
      "Resource": "arn:aws:states:::sns:publish",
      "Parameters": {
        "Message": "Task started by Step Functions failed.",
        "TopicArn": TOPIC_ARN
      },
      "End": true
    }
  }
})";

void replace_all(std::string& text, std::string_view placeholder, std::string_view value) {
    std::string quoted;
    json::append_string(quoted, value);
    for (auto at = text.find(placeholder); at != std::string::npos;
         at = text.find(placeholder, at + quoted.size())) {
        text.replace(at, placeholder.size(), quoted);
    }
}

}  // namespace

std::string definition(std::string_view queue_url, std::string_view topic_arn) {
    std::string text{definition_template};
    replace_all(text, "QUEUE_URL", queue_url);
    replace_all(text, "TOPIC_ARN", topic_arn);
    return text;
}

const std::string_view handler = R"(console.log('Loading function');
const aws = require('aws-sdk');

exports.lambda_handler = (event, context, callback) => {
    const stepfunctions = new aws.StepFunctions();

    for (const record of event.Records) {
        const messageBody = JSON.parse(record.body);
        const taskToken = messageBody.TaskToken;

        const params = {
            output: "\"Callback task completed successfully.\"",
            taskToken: taskToken
        };

        console.log(`Calling Step Functions to complete callback task with params ${JSON.stringify(params)}`);

        stepfunctions.sendTaskSuccess(params, (err, data) => {
            if (err) {
                console.error(err.message);
                callback(err.message);
                return;
            }
            console.log(data);
            callback(null);
        });
    }
};
)";

const std::string_view trust_policy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":)"
    R"({"Service":["states.amazonaws.com","lambda.amazonaws.com"]},)"
    R"("Action":"sts:AssumeRole"}]})";

const std::string_view state_machine_policy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:SendMessage","sns:Publish"],)"
    R"("Resource":"*"}]})";

const std::string_view function_policy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:ReceiveMessage","sqs:DeleteMessage",)"
    R"("sqs:GetQueueAttributes","states:SendTaskSuccess","states:SendTaskFailure","logs:*"],"Resource":"*"}]})";

}  // namespace stepwell::cli::callback_example
