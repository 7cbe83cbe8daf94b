// Every operation that AWS has, also those that this server does not have yet.
// source  the services' models
#include "wire/operation_names.hpp"

#include <algorithm>

namespace stepwell::wire {

namespace {

constexpr ServiceNames services[] = {
    {"states",
     "CreateActivity CreateStateMachine CreateStateMachineAlias DeleteActivity "
     "DeleteStateMachine DeleteStateMachineAlias DeleteStateMachineVersion DescribeActivity "
     "DescribeExecution DescribeMapRun DescribeStateMachine DescribeStateMachineAlias "
     "DescribeStateMachineForExecution GetActivityTask GetExecutionHistory ListActivities "
     "ListExecutions ListMapRuns ListStateMachineAliases ListStateMachineVersions "
     "ListStateMachines ListTagsForResource PublishStateMachineVersion RedriveExecution "
     "SendTaskFailure SendTaskHeartbeat SendTaskSuccess StartExecution StartSyncExecution "
     "StopExecution TagResource TestState UntagResource UpdateMapRun UpdateStateMachine "
     "UpdateStateMachineAlias ValidateStateMachineDefinition"},
    {"sqs",
     "AddPermission CancelMessageMoveTask ChangeMessageVisibility ChangeMessageVisibilityBatch "
     "CreateQueue DeleteMessage DeleteMessageBatch DeleteQueue GetQueueAttributes GetQueueUrl "
     "ListDeadLetterSourceQueues ListMessageMoveTasks ListQueueTags ListQueues PurgeQueue "
     "ReceiveMessage RemovePermission SendMessage SendMessageBatch SetQueueAttributes "
     "StartMessageMoveTask TagQueue UntagQueue"},
    {"sns",
     "AddPermission CheckIfPhoneNumberIsOptedOut ConfirmSubscription CreatePlatformApplication "
     "CreatePlatformEndpoint CreateSMSSandboxPhoneNumber CreateTopic DeleteEndpoint "
     "DeletePlatformApplication DeleteSMSSandboxPhoneNumber DeleteTopic "
     "GetDataProtectionPolicy GetEndpointAttributes GetPlatformApplicationAttributes "
     "GetSMSAttributes GetSMSSandboxAccountStatus GetSubscriptionAttributes GetTopicAttributes "
     "ListEndpointsByPlatformApplication ListOriginationNumbers ListPhoneNumbersOptedOut "
     "ListPlatformApplications ListSMSSandboxPhoneNumbers ListSubscriptions "
     "ListSubscriptionsByTopic ListTagsForResource ListTopics OptInPhoneNumber Publish "
     "PublishBatch PutDataProtectionPolicy RemovePermission SetEndpointAttributes "
     "SetPlatformApplicationAttributes SetSMSAttributes SetSubscriptionAttributes "
     "SetTopicAttributes Subscribe TagResource Unsubscribe UntagResource "
     "VerifySMSSandboxPhoneNumber"},
    {"dynamodb",
     "BatchExecuteStatement BatchGetItem BatchWriteItem CancelBulkOperation CreateBackup "
     "CreateGlobalTable CreateTable DeleteBackup DeleteItem DeleteResourcePolicy "
     "DeleteTable DescribeBackup DescribeBulkOperation DescribeContinuousBackups "
     "DescribeContributorInsights DescribeEndpoints DescribeExport DescribeGlobalTable "
     "DescribeGlobalTableSettings DescribeImport DescribeKinesisStreamingDestination "
     "DescribeLimits DescribeTable DescribeTableReplicaAutoScaling DescribeTimeToLive "
     "DisableKinesisStreamingDestination EnableKinesisStreamingDestination "
     "ExecuteStatement ExecuteTransaction ExportTableToPointInTime GetItem "
     "GetResourcePolicy ImportTable ListBackups ListBulkOperations ListContributorInsights "
     "ListExports ListGlobalTables ListImports ListTables ListTagsOfResource PutItem "
     "PutResourcePolicy Query RestoreTableFromBackup RestoreTableToPointInTime Scan "
     "SearchVectors StartBulkPutItems TagResource TransactGetItems TransactWriteItems "
     "UntagResource UpdateContinuousBackups UpdateContributorInsights UpdateGlobalTable "
     "UpdateGlobalTableSettings UpdateItem UpdateKinesisStreamingDestination UpdateTable "
     "UpdateTableReplicaAutoScaling UpdateTimeToLive"},
    {"events",
     "ActivateEventSource CancelReplay CreateApiDestination CreateArchive CreateConnection "
     "CreateEndpoint CreateEventBus CreatePartnerEventSource DeactivateEventSource "
     "DeauthorizeConnection DeleteApiDestination DeleteArchive DeleteConnection "
     "DeleteEndpoint DeleteEventBus DeletePartnerEventSource DeleteRule "
     "DescribeApiDestination DescribeArchive DescribeConnection DescribeEndpoint "
     "DescribeEventBus DescribeEventSource DescribePartnerEventSource DescribeReplay "
     "DescribeRule DisableRule EnableRule ListApiDestinations ListArchives ListConnections "
     "ListEndpoints ListEventBuses ListEventSources ListPartnerEventSourceAccounts "
     "ListPartnerEventSources ListReplays ListRuleNamesByTarget ListRules "
     "ListTagsForResource ListTargetsByRule PutEvents PutPartnerEvents PutPermission "
     "PutRule PutTargets RemovePermission RemoveTargets StartReplay TagResource "
     "TestEventPattern UntagResource UpdateApiDestination UpdateArchive UpdateConnection "
     "UpdateEndpoint UpdateEventBus"},
    {"iam",
     "AcceptDelegationRequest AddClientIDToOpenIDConnectProvider AddRoleToInstanceProfile "
     "AddUserToGroup AssociateDelegationRequest AttachGroupPolicy AttachRolePolicy "
     "AttachUserPolicy ChangePassword CreateAccessKey CreateAccountAlias "
     "CreateDelegationRequest CreateGroup CreateInstanceProfile CreateLoginProfile "
     "CreateOpenIDConnectProvider CreatePolicy CreatePolicyVersion CreateRole "
     "CreateSAMLProvider CreateServiceLinkedRole CreateServiceSpecificCredential CreateUser "
     "CreateVirtualMFADevice DeactivateMFADevice DeleteAccessKey DeleteAccountAlias "
     "DeleteAccountPasswordPolicy DeleteGroup DeleteGroupPolicy DeleteInstanceProfile "
     "DeleteLoginProfile DeleteOpenIDConnectProvider DeletePolicy DeletePolicyVersion "
     "DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy DeleteSAMLProvider "
     "DeleteSSHPublicKey DeleteServerCertificate DeleteServiceLinkedRole "
     "DeleteServiceSpecificCredential DeleteSigningCertificate DeleteUser "
     "DeleteUserPermissionsBoundary DeleteUserPolicy DeleteVirtualMFADevice DetachGroupPolicy "
     "DetachRolePolicy DetachUserPolicy DisableOrganizationsRootCredentialsManagement "
     "DisableOrganizationsRootSessions DisableOutboundWebIdentityFederation EnableMFADevice "
     "EnableOrganizationsRootCredentialsManagement EnableOrganizationsRootSessions "
     "EnableOutboundWebIdentityFederation GenerateCredentialReport "
     "GenerateOrganizationsAccessReport GenerateServiceLastAccessedDetails "
     "GetAccessKeyLastUsed GetAccountAuthorizationDetails GetAccountPasswordPolicy "
     "GetAccountSummary GetContextKeysForCustomPolicy GetContextKeysForPrincipalPolicy "
     "GetCredentialReport GetDelegationRequest GetGroup GetGroupPolicy GetHumanReadableSummary "
     "GetInstanceProfile GetLoginProfile GetMFADevice GetOpenIDConnectProvider "
     "GetOrganizationsAccessReport GetOutboundWebIdentityFederationInfo GetPolicy "
     "GetPolicyVersion GetRole GetRolePolicy GetSAMLProvider GetSSHPublicKey "
     "GetServerCertificate GetServiceLastAccessedDetails "
     "GetServiceLastAccessedDetailsWithEntities GetServiceLinkedRoleDeletionStatus GetUser "
     "GetUserPolicy ListAccessKeys ListAccountAliases ListAttachedGroupPolicies "
     "ListAttachedRolePolicies ListAttachedUserPolicies ListDelegationRequests "
     "ListEntitiesForPolicy ListGroupPolicies ListGroups ListGroupsForUser "
     "ListInstanceProfileTags ListInstanceProfiles ListInstanceProfilesForRole "
     "ListMFADeviceTags ListMFADevices ListOpenIDConnectProviderTags "
     "ListOpenIDConnectProviders ListOrganizationsFeatures ListPolicies "
     "ListPoliciesGrantingServiceAccess ListPolicyTags ListPolicyVersions ListRolePolicies "
     "ListRoleTags ListRoles ListSAMLProviderTags ListSAMLProviders ListSSHPublicKeys "
     "ListServerCertificateTags ListServerCertificates ListServiceSpecificCredentials "
     "ListSigningCertificates ListUserPolicies ListUserTags ListUsers ListVirtualMFADevices "
     "PutGroupPolicy PutRolePermissionsBoundary PutRolePolicy PutUserPermissionsBoundary "
     "PutUserPolicy RejectDelegationRequest RemoveClientIDFromOpenIDConnectProvider "
     "RemoveRoleFromInstanceProfile RemoveUserFromGroup ResetServiceSpecificCredential "
     "ResyncMFADevice SendDelegationToken SetDefaultPolicyVersion "
     "SetSecurityTokenServicePreferences SimulateCustomPolicy SimulatePrincipalPolicy "
     "TagInstanceProfile TagMFADevice TagOpenIDConnectProvider TagPolicy TagRole "
     "TagSAMLProvider TagServerCertificate TagUser UntagInstanceProfile UntagMFADevice "
     "UntagOpenIDConnectProvider UntagPolicy UntagRole UntagSAMLProvider "
     "UntagServerCertificate UntagUser UpdateAccessKey UpdateAccountPasswordPolicy "
     "UpdateAssumeRolePolicy UpdateDelegationRequest UpdateGroup UpdateLoginProfile "
     "UpdateOpenIDConnectProviderThumbprint UpdateRole UpdateRoleDescription "
     "UpdateSAMLProvider UpdateSSHPublicKey UpdateServerCertificate "
     "UpdateServiceSpecificCredential UpdateSigningCertificate UpdateUser UploadSSHPublicKey "
     "UploadServerCertificate UploadSigningCertificate"},
    {"sts",
     "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity AssumeRoot "
     "DecodeAuthorizationMessage GetAccessKeyInfo GetCallerIdentity GetDelegatedAccessToken "
     "GetFederationToken GetSessionToken GetWebIdentityToken"},
    {"lambda",
     "AddLayerVersionPermission AddPermission CheckpointDurableExecution CreateAlias "
     "CreateCapacityProvider CreateCodeSigningConfig CreateEventSourceMapping CreateFunction "
     "CreateFunctionUrlConfig DeleteAlias DeleteCapacityProvider DeleteCodeSigningConfig "
     "DeleteEventSourceMapping DeleteFunction DeleteFunctionCodeSigningConfig "
     "DeleteFunctionConcurrency DeleteFunctionEventInvokeConfig DeleteFunctionUrlConfig "
     "DeleteLayerVersion DeleteProvisionedConcurrencyConfig GetAccountSettings GetAlias "
     "GetCapacityProvider GetCodeSigningConfig GetDurableExecution GetDurableExecutionHistory "
     "GetDurableExecutionState GetEventSourceMapping GetFunction GetFunctionCodeSigningConfig "
     "GetFunctionConcurrency GetFunctionConfiguration GetFunctionEventInvokeConfig "
     "GetFunctionRecursionConfig GetFunctionScalingConfig GetFunctionUrlConfig GetLayerVersion "
     "GetLayerVersionByArn GetLayerVersionPolicy GetPolicy GetProvisionedConcurrencyConfig "
     "GetRuntimeManagementConfig Invoke InvokeAsync InvokeWithResponseStream ListAliases "
     "ListCapacityProviders ListCodeSigningConfigs ListDurableExecutionsByFunction "
     "ListEventSourceMappings ListFunctionEventInvokeConfigs ListFunctionUrlConfigs "
     "ListFunctionVersionsByCapacityProvider ListFunctions ListFunctionsByCodeSigningConfig "
     "ListLayerVersions ListLayers ListProvisionedConcurrencyConfigs ListTags "
     "ListVersionsByFunction PublishLayerVersion PublishVersion PutFunctionCodeSigningConfig "
     "PutFunctionConcurrency PutFunctionEventInvokeConfig PutFunctionRecursionConfig "
     "PutFunctionScalingConfig PutProvisionedConcurrencyConfig PutRuntimeManagementConfig "
     "RemoveLayerVersionPermission RemovePermission SendDurableExecutionCallbackFailure "
     "SendDurableExecutionCallbackHeartbeat SendDurableExecutionCallbackSuccess "
     "StopDurableExecution TagResource UntagResource UpdateAlias UpdateCapacityProvider "
     "UpdateCodeSigningConfig UpdateEventSourceMapping UpdateFunctionCode "
     "UpdateFunctionConfiguration UpdateFunctionEventInvokeConfig UpdateFunctionUrlConfig"},
};

}  // namespace

std::span<const ServiceNames> known_services() noexcept { return services; }

std::vector<std::string_view> ServiceNames::list() const {
    std::vector<std::string_view> names;
    std::string_view rest = operations;
    while (!rest.empty()) {
        const auto space = std::min(rest.find(' '), rest.size());
        names.push_back(rest.substr(0, space));
        rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    return names;
}

bool is_known_operation(std::string_view service, std::string_view operation) {
    for (const ServiceNames& candidate : services) {
        if (candidate.service != service) continue;
        const auto names = candidate.list();
        return std::find(names.begin(), names.end(), operation) != names.end();
    }
    return false;
}

}  // namespace stepwell::wire
