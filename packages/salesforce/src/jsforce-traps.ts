import { ConnectorError } from "@isthmus/core";
import type { Connection } from "jsforce";

/** Takes out of a connection what ends the process or loses records, whatever network code is below it. */
export function disarm(connection: Connection): void {
  settleStreams(connection);
  settleClosing(connection);
  refuseBulkQueries(connection);
}

type Answer<Result> = ReturnType<typeof Connection.prototype.request<Result>>;

/** The two ways by which jsforce hands streams out. */
function settleStreams(connection: Connection): void {
  const request = connection.request.bind(connection);
  connection.request = <Result>(...parameters: Parameters<typeof request>) => settle(request<Result>(...parameters));
  const { bulk } = connection;
  const requestBulk = bulk._request.bind(bulk);
  bulk._request = <Result>(...parameters: Parameters<typeof requestBulk>) => settle(requestBulk<Result>(...parameters));
}

/**
 * `stream()` of jsforce's answers drops the promise beside it, so that a failure would be an unhandled rejection, which
 * ends the process, while the reader of the stream waits for ever. Whoever takes the stream gets the failure from it; where
 * nobody listens (jsforce's own loaders only pipe it), the failure is the call's alone.
 */
function settle<Result>(answer: Answer<Result>): Answer<Result> {
  const open = answer.stream.bind(answer);
  answer.stream = () => {
    const stream = open();
    stream.on("error", () => undefined);
    answer.catch((error: Error) => stream.destroy(error));
    return stream;
  };
  return answer;
}

/** The first Bulk API's `load` closes its job beside the promise that it returns, and nobody hears when that fails. */
function settleClosing({ bulk }: Connection): void {
  bulk.createJob = new Proxy(bulk.createJob, {
    apply(target, self, parameters) {
      const job: ReturnType<typeof target> = Reflect.apply(target, self, parameters);
      const close = job.close.bind(job);
      job.close = () => {
        const closed = close();
        void Promise.allSettled([closed]);
        return closed;
      };
      return job;
    },
  });
}

/**
 * jsforce writes every page of a bulk query into one stream, which ends with the first: small pages end the process
 * ("write after end"), large ones put the header row of each further page among the records, and without a locator it
 * reads for ever.
 */
function refuseBulkQueries({ bulk2 }: Connection): void {
  const refuse = async () => {
    throw new ConnectorError(
      "UNSUPPORTED",
      "jsforce's bulk query loses records beyond the first page. Read the pages of /jobs/query/{id}/results with request(), following the header Sforce-Locator.",
    );
  };
  bulk2.query = refuse;
  bulk2.job = new Proxy(bulk2.job, {
    apply(target, self, parameters) {
      const job: object = Reflect.apply(target, self, parameters);
      return "result" in job ? Object.assign(job, { result: refuse }) : job;
    },
  });
}
