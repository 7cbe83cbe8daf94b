// The callback example with the AWS SDK for JavaScript v2; see run.py for what it gets and prints.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const aws = require('aws-sdk');

const example = (file) => fs.readFileSync(path.join(process.env.EXAMPLE, file), 'utf8');
const options = { endpoint: process.env.ENDPOINT, maxRetries: 0 };
const iam = new aws.IAM(options);
const lambda = new aws.Lambda(options);
const sfn = new aws.StepFunctions(options);
const sns = new aws.SNS(options);
const sqs = new aws.SQS(options);
const sts = new aws.STS(options);

async function queueArn(url) {
    const answer = await sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ['QueueArn'] }).promise();
    return answer.Attributes.QueueArn;
}

async function receiveNotice(url) {
    for (let attempt = 0; attempt < 6; ++attempt) {
        const { Messages } = await sqs.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 20 }).promise();
        if (Messages && Messages.length > 0) return JSON.parse(Messages[0].Body).Message;
    }
    throw new Error('no notification within two minutes');
}

async function main() {
    const identity = await sts.getCallerIdentity().promise();
    if (identity.Account !== '000000000000') throw new Error(`account ${identity.Account}`);
    const workQueue = (await sqs.createQueue({ QueueName: 'work', Attributes: { VisibilityTimeout: '60' } }).promise()).QueueUrl;
    const noticeQueue = (await sqs.createQueue({ QueueName: 'notices' }).promise()).QueueUrl;
    const topic = (await sns.createTopic({ Name: 'notices' }).promise()).TopicArn;
    const subscription = (await sns.subscribe({
        TopicArn: topic, Protocol: 'sqs', Endpoint: await queueArn(noticeQueue), ReturnSubscriptionArn: true,
    }).promise()).SubscriptionArn;

    const role = (await iam.createRole({
        RoleName: 'callback', AssumeRolePolicyDocument: example('trust.json'),
    }).promise()).Role.Arn;
    const policy = { RoleName: 'callback', PolicyName: 'all' };
    await iam.putRolePolicy({ ...policy, PolicyDocument: example('policy.json') }).promise();

    await lambda.createFunction({
        FunctionName: 'callback', Runtime: 'nodejs16.x', Role: role, Handler: 'index.lambda_handler', Timeout: 30,
        Code: { ZipFile: fs.readFileSync(process.env.FUNCTION_ZIP) },
    }).promise();
    await lambda.waitFor('functionActiveV2', { FunctionName: 'callback', $waiter: { delay: 1 } }).promise();
    const mapping = (await lambda.createEventSourceMapping({
        EventSourceArn: await queueArn(workQueue), FunctionName: 'callback', BatchSize: 1,
    }).promise()).UUID;

    const definition = example('callback_example.asl.json')
        .replaceAll('QUEUE_URL', workQueue).replaceAll('TOPIC_ARN', topic);
    const { stateMachineArn } = await sfn.createStateMachine({ name: 'callback', definition, roleArn: role }).promise();
    const { executionArn } = await sfn.startExecution({ stateMachineArn, name: 'callback-0', input: '{}' }).promise();
    const notification = await receiveNotice(noticeQueue);
    let status = 'RUNNING';
    while (status === 'RUNNING') ({ status } = await sfn.describeExecution({ executionArn }).promise());
    const { events } = await sfn.getExecutionHistory({ executionArn }).promise();

    await lambda.deleteEventSourceMapping({ UUID: mapping }).promise();
    await lambda.deleteFunction({ FunctionName: 'callback' }).promise();
    await sfn.deleteStateMachine({ stateMachineArn }).promise();
    await sns.unsubscribe({ SubscriptionArn: subscription }).promise();
    await sns.deleteTopic({ TopicArn: topic }).promise();
    await sqs.deleteQueue({ QueueUrl: workQueue }).promise();
    await sqs.deleteQueue({ QueueUrl: noticeQueue }).promise();
    await iam.deleteRolePolicy(policy).promise();
    await iam.deleteRole({ RoleName: 'callback' }).promise();
    const left = [
        ...((await sqs.listQueues().promise()).QueueUrls ?? []), ...((await sns.listTopics().promise()).Topics ?? []),
        ...((await iam.listRoles().promise()).Roles ?? []), ...((await lambda.listFunctions().promise()).Functions ?? []),
    ];
    const succeeded = events.find((event) => event.type === 'TaskSucceeded');
    const callback = succeeded ? succeeded.taskSucceededEventDetails.output : 'null';
    const execution = { status, history: events.map((event) => event.type), callback };
    console.log(JSON.stringify({ executions: [execution], notifications: [notification], left }));
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
