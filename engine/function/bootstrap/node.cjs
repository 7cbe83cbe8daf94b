// Runs a Node.js handler: the runtime's side of the Lambda Runtime API.
//
// Started by the function host with the environment that AWS's runtimes have. Loads _HANDLER from LAMBDA_TASK_ROOT, then
// takes one invocation after another. Calls to *.amazonaws.com go to STEPWELL_ENDPOINT, whatever SDK makes them.
// source  AWS Lambda Developer Guide, "Building a custom runtime", "Define Lambda function handler in Node.js"
'use strict';

const fs = require('fs');
const http = require('http');
const https = require('https');
const module_ = require('module');
const path = require('path');
const url = require('url');
const util = require('util');

// ---- Calls to AWS go to our server ----------------------------------------------------------------------------------

const endpoint = process.env.STEPWELL_ENDPOINT ? new URL(process.env.STEPWELL_ENDPOINT) : null;
delete process.env.STEPWELL_ENDPOINT;

function isAwsHost(host) {
  const name = String(host || '').replace(/:\d+$/, '').toLowerCase();
  return /\.amazonaws\.com(\.cn)?$/.test(name) || /\.api\.aws$/.test(name);
}

// Turns the arguments of http.request into one options object, as Node itself reads them.
function requestArguments(args) {
  let [target, options, callback] = args;
  if (typeof target === 'string' || target instanceof URL) {
    const parsed = typeof target === 'string' ? new URL(target) : target;
    if (typeof options === 'function') [options, callback] = [{}, options];
    return [{ ...url.urlToHttpOptions(parsed), ...options }, callback];
  }
  return [{ ...target }, options];
}

function setHostHeader(options) {
  if (Array.isArray(options.headers)) {  // name, value, name, value, ...
    const kept = [];
    for (let i = 0; i + 1 < options.headers.length; i += 2) {
      if (String(options.headers[i]).toLowerCase() !== 'host') kept.push(options.headers[i], options.headers[i + 1]);
    }
    options.headers = [...kept, 'Host', endpoint.host];
    return;
  }
  const headers = {};
  for (const [name, value] of Object.entries(options.headers || {})) {
    if (name.toLowerCase() !== 'host') headers[name] = value;
  }
  options.headers = { ...headers, Host: endpoint.host };
}

function sendAwsCallsToEndpoint() {
  const server = endpoint.protocol === 'https:' ? https : http;
  const send = server.request;
  const agent = new server.Agent({ keepAlive: true });
  for (const client of [http, https]) {
    const original = client.request;
    client.request = function request(...args) {
      const [options, callback] = requestArguments(args);
      if (!isAwsHost(options.hostname || options.host)) return original.apply(this, args);
      setHostHeader(options);
      Object.assign(options, { protocol: endpoint.protocol, hostname: endpoint.hostname, port: endpoint.port, agent });
      for (const name of ['host', 'servername', 'socketPath', 'defaultPort', 'href', 'createConnection']) delete options[name];
      return send.call(server, options, callback);
    };
    client.get = function get(...args) {
      const request = client.request(...args);
      request.end();
      return request;
    };
  }
  const fetch = globalThis.fetch;
  if (fetch) {
    globalThis.fetch = function (resource, options) {
      const target = new URL(typeof resource === 'string' || resource instanceof URL ? resource : resource.url);
      if (!isAwsHost(target.host)) return fetch(resource, options);
      target.protocol = endpoint.protocol;
      target.host = endpoint.host;
      return fetch(resource instanceof Request ? new Request(target, resource) : target, options);
    };
  }
  module_.syncBuiltinESMExports();
}

// ---- The log --------------------------------------------------------------------------------------------------------

let currentRequestId = '';

function writeLog(level, message) {
  process.stdout.write(`${new Date().toISOString()}\t${currentRequestId || 'undefined'}\t${level}\t${message}\n`);
}

function patchConsole() {
  const levels = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' };
  for (const [method, level] of Object.entries(levels)) {
    console[method] = (...args) => writeLog(level, util.format(...args));
  }
}

function logError(what, error) {
  let text;
  try {
    text = JSON.stringify(error, (key, value) => {
      if (!(value instanceof Error)) return value;
      const shown = { errorType: value.name, errorMessage: value.message, code: value.code, ...value };
      if (typeof value.stack === 'string') shown.stack = value.stack.split('\n');
      return shown;
    });
  } catch {
    text = JSON.stringify(errorBody(error));
  }
  writeLog('ERROR', `${what} \t${text}`);
}

// ---- Errors as Lambda shows them ------------------------------------------------------------------------------------

class RuntimeError extends Error {
  constructor(type, message) {
    super(message);
    this.name = `Runtime.${type}`;
  }
}

function errorBody(error) {
  try {
    if (util.types.isNativeError(error) || (error && error.name && error.message && error.stack)) {
      return { errorType: String(error.name), errorMessage: String(error.message), trace: String(error.stack).split('\n') };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return { errorType: 'handled', errorMessage: 'callback called with Error argument, but there was a problem while ' +
      'retrieving one or more of its message, name, and stack' };
  }
}

// ---- The Runtime API ------------------------------------------------------------------------------------------------

const [apiHost, apiPort] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const apiAgent = new http.Agent({ keepAlive: true, maxSockets: 2 });
const apiRequest = http.request;

function callApi(method, target, body, headers) {
  return new Promise((resolve, reject) => {
    const request = apiRequest({ host: apiHost, port: apiPort, method, path: `/2018-06-01/runtime${target}`, agent: apiAgent,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...headers } });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }));
    });
    request.end(body);
  });
}

function postError(target, error) {
  const body = errorBody(error);
  return callApi('POST', target, JSON.stringify(body), { 'Lambda-Runtime-Function-Error-Type': encodeURIComponent(body.errorType) });
}

// ---- Finding the handler --------------------------------------------------------------------------------------------

// True when .js files in `folder` are ES modules: the nearest package.json says so.
function isModuleFolder(folder) {
  for (let at = folder; !at.endsWith('/node_modules'); at = path.dirname(at)) {
    const file = path.join(at, 'package.json');
    if (fs.existsSync(file)) {
      try {
        return JSON.parse(fs.readFileSync(file, 'utf8')).type === 'module';
      } catch {
        return false;
      }
    }
    if (at === path.dirname(at)) break;
  }
  return false;
}

async function loadModule(root, name) {
  const file = path.resolve(root, name);
  const importFile = (found) => import(url.pathToFileURL(found).href);
  if (fs.existsSync(file) && fs.statSync(file).isFile()) return require(file);
  const asModule = isModuleFolder(path.dirname(file));
  if (fs.existsSync(`${file}.js`)) return asModule ? importFile(`${file}.js`) : require(`${file}.js`);
  if (fs.existsSync(`${file}.mjs`)) return importFile(`${file}.mjs`);
  if (fs.existsSync(`${file}.cjs`)) return require(`${file}.cjs`);
  return require(require.resolve(name, { paths: [root] }));
}

async function loadHandler(root, text) {
  if (text.includes('..')) {
    throw new RuntimeError('MalformedHandlerName',
      `'${text}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  }
  const base = path.basename(text);
  const dot = base.indexOf('.');
  if (dot < 0) throw new RuntimeError('MalformedHandlerName', 'Bad handler');
  const moduleName = text.slice(0, text.length - base.length) + base.slice(0, dot);
  let loaded;
  try {
    loaded = await loadModule(root, moduleName);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError('UserCodeSyntaxError', String(error));
    if (error && (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND')) {
      throw new RuntimeError('ImportModuleError', String(error));
    }
    throw error;
  }
  const find = (from) => base.slice(dot + 1).split('.').reduce((at, key) => at && at[key], from);
  const handler = find(loaded) || find(loaded && loaded.default);
  if (!handler) throw new RuntimeError('HandlerNotFound', `${text} is undefined or not exported`);
  if (typeof handler !== 'function') throw new RuntimeError('HandlerNotFound', `${text} is not a function`);
  return handler;
}

// ---- One invocation -------------------------------------------------------------------------------------------------

let onEmptyEventLoop = null;  // what happens when nothing is left to do; null while a call to the API is under way
let onFatalError = null;      // where an uncaught error is reported

function contextOf(headers, completion) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  if (headers['lambda-runtime-client-context']) context.clientContext = JSON.parse(headers['lambda-runtime-client-context']);
  context.done = (error, result) => completion(error, result, true);
  context.succeed = (result) => completion(null, result, true);
  context.fail = (error) => completion(error === undefined || error === null ? 'handled' : error, undefined, true);
  return context;
}

function stringify(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch {
    throw new Error('Unable to stringify response body');
  }
}

// Resolves when the invocation has been answered and the next one may be asked for.
function handleInvocation(handler, headers, body) {
  return new Promise((resolve, reject) => {
    const invocation = `/invocation/${currentRequestId}`;
    let isOver = false;

    const answer = (work) => {
      onEmptyEventLoop = null;
      work().then(resolve, reject);
    };
    const answerError = (error) => {
      logError('Invoke Error', error);
      answer(() => postError(`${invocation}/error`, error));
    };
    const answerResult = (result) => {
      let text;
      try {
        text = stringify(result);
      } catch (error) {
        answerError(error);
        return;
      }
      answer(() => callApi('POST', `${invocation}/response`, text));
    };
    // The handler's answer: at once, or (callbackWaitsForEmptyEventLoop) when nothing is left to do. Only the first counts.
    const complete = (error, result, isImmediate) => {
      if (isOver) return;
      isOver = true;
      if (error !== undefined && error !== null) answerError(error);
      else if (isImmediate || !context.callbackWaitsForEmptyEventLoop) answerResult(result);
      else onEmptyEventLoop = () => answerResult(result);
    };
    const context = contextOf(headers, complete);

    onFatalError = (error) => postError(`${invocation}/error`, error);
    onEmptyEventLoop = () => {
      isOver = true;
      if (handler.constructor.name !== 'AsyncFunction') return answerResult(null);
      return answerError(new RuntimeError('NodeJsExit', 'The Lambda runtime client detected an unexpected Node.js exit code. ' +
        'This is most commonly caused by a Promise that was never settled. For more information, see ' +
        'https://nodejs.org/docs/latest/api/process.html#exit-codes'));
    };
    try {
      const returned = handler(JSON.parse(body), context, (error, result) => complete(error, result, false));
      if (returned && typeof returned.then === 'function') returned.then(context.succeed, context.fail);
    } catch (error) {
      complete(error, undefined, true);
    }
  });
}

function endAfter(what, error, exitCode) {
  logError(what, error);
  onFatalError(error).catch(() => {}).finally(() => process.exit(exitCode));
}

async function main() {
  patchConsole();
  if (endpoint) sendAwsCallsToEndpoint();
  onFatalError = (error) => postError('/init/error', error);
  process.on('uncaughtException', (error) => endAfter('Uncaught Exception', error, 129));
  process.on('unhandledRejection', (reason) => {
    endAfter('Unhandled Promise Rejection', new RuntimeError('UnhandledPromiseRejection', String(reason)), 128);
  });
  process.on('beforeExit', () => {
    if (onEmptyEventLoop) {
      const action = onEmptyEventLoop;
      onEmptyEventLoop = null;
      action();
    }
  });

  let handler;
  try {
    handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER || '');
  } catch (error) {
    endAfter('Uncaught Exception', error, 1);
    return;
  }
  for (;;) {
    const { headers, body } = await callApi('GET', '/invocation/next');
    currentRequestId = headers['lambda-runtime-aws-request-id'];
    process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] || '';
    await handleInvocation(handler, headers, body);
  }
}

main().catch(() => process.exit(1));  // only the Runtime API can fail here: the host has gone
