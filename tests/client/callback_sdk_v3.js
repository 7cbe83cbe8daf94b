// The callback example with the AWS SDK for JavaScript v3; see run.py for what it gets and prints.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const iam = require('@aws-sdk/client-iam');
const lambda = require('@aws-sdk/client-lambda');
const sfn = require('@aws-sdk/client-sfn');
const sns = require('@aws-sdk/client-sns');
const sqs = require('@aws-sdk/client-sqs');
const sts = require('@aws-sdk/client-sts');

const example = (file) => fs.readFileSync(path.join(process.env.EXAMPLE, file), 'utf8');
const options = { endpoint: process.env.ENDPOINT, maxAttempts: 1 };
const clients = {
    iam: new iam.IAMClient(options),
    lambda: new lambda.LambdaClient(options),
    sfn: new sfn.SFNClient(options),
    sns: new sns.SNSClient(options),
    sqs: new sqs.SQSClient(options),
    sts: new sts.STSClient(options),
};

/** Calls an operation: call(sqs, 'CreateQueue', input) sends sqs.CreateQueueCommand with the service's client. */
const modules = new Map(Object.entries({ iam, lambda, sfn, sns, sqs, sts }).map(([name, module]) => [module, name]));
const call = (service, operation, input) =>
    clients[modules.get(service)].send(new service[`${operation}Command`](input));

async function queueArn(url) {
    return (await call(sqs, 'GetQueueAttributes', { QueueUrl: url, AttributeNames: ['QueueArn'] })).Attributes.QueueArn;
}

async function receiveNotice(url) {
    for (let attempt = 0; attempt < 6; ++attempt) {
        const { Messages } = await call(sqs, 'ReceiveMessage', { QueueUrl: url, WaitTimeSeconds: 20 });
        if (Messages && Messages.length > 0) return JSON.parse(Messages[0].Body).Message;
    }
    throw new Error('no notification within two minutes');
}

async function main() {
    const identity = await call(sts, 'GetCallerIdentity', {});
    if (identity.Account !== '000000000000') throw new Error(`account ${identity.Account}`);
    const workQueue = (await call(sqs, 'CreateQueue', { QueueName: 'work', Attributes: { VisibilityTimeout: '60' } })).QueueUrl;
    const noticeQueue = (await call(sqs, 'CreateQueue', { QueueName: 'notices' })).QueueUrl;
    const topic = (await call(sns, 'CreateTopic', { Name: 'notices' })).TopicArn;
    const subscription = (await call(sns, 'Subscribe', {
        TopicArn: topic, Protocol: 'sqs', Endpoint: await queueArn(noticeQueue), ReturnSubscriptionArn: true,
    })).SubscriptionArn;

    const role = (await call(iam, 'CreateRole', {
        RoleName: 'callback', AssumeRolePolicyDocument: example('trust.json'),
    })).Role.Arn;
    const policy = { RoleName: 'callback', PolicyName: 'all' };
    await call(iam, 'PutRolePolicy', { ...policy, PolicyDocument: example('policy.json') });
    const stored = decodeURIComponent((await call(iam, 'GetRolePolicy', policy)).PolicyDocument);
    if (stored !== example('policy.json')) throw new Error('the policy came back changed');

    await call(lambda, 'CreateFunction', {
        FunctionName: 'callback', Runtime: 'nodejs16.x', Role: role, Handler: 'index.lambda_handler', Timeout: 30,
        Code: { ZipFile: fs.readFileSync(process.env.FUNCTION_ZIP) },
    });
    await lambda.waitUntilFunctionActiveV2({ client: clients.lambda, maxWaitTime: 60, minDelay: 1 }, { FunctionName: 'callback' });
    const mapping = (await call(lambda, 'CreateEventSourceMapping', {
        EventSourceArn: await queueArn(workQueue), FunctionName: 'callback', BatchSize: 1,
    })).UUID;

    const definition = example('callback_example.asl.json')
        .replaceAll('QUEUE_URL', workQueue).replaceAll('TOPIC_ARN', topic);
    const stateMachineArn = (await call(sfn, 'CreateStateMachine', { name: 'callback', definition, roleArn: role })).stateMachineArn;
    const { executionArn } = await call(sfn, 'StartExecution', { stateMachineArn, name: 'callback-0', input: '{}' });
    const notification = await receiveNotice(noticeQueue);
    let status = 'RUNNING';
    while (status === 'RUNNING') ({ status } = await call(sfn, 'DescribeExecution', { executionArn }));
    const { events } = await call(sfn, 'GetExecutionHistory', { executionArn });

    await call(lambda, 'DeleteEventSourceMapping', { UUID: mapping });
    await call(lambda, 'DeleteFunction', { FunctionName: 'callback' });
    await call(sfn, 'DeleteStateMachine', { stateMachineArn });
    await call(sns, 'Unsubscribe', { SubscriptionArn: subscription });
    await call(sns, 'DeleteTopic', { TopicArn: topic });
    await call(sqs, 'DeleteQueue', { QueueUrl: workQueue });
    await call(sqs, 'DeleteQueue', { QueueUrl: noticeQueue });
    await call(iam, 'DeleteRolePolicy', policy);
    await call(iam, 'DeleteRole', { RoleName: 'callback' });
    const left = [
        ...((await call(sqs, 'ListQueues', {})).QueueUrls ?? []), ...((await call(sns, 'ListTopics', {})).Topics ?? []),
        ...((await call(iam, 'ListRoles', {})).Roles ?? []), ...((await call(lambda, 'ListFunctions', {})).Functions ?? []),
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
