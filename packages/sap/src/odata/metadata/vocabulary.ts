/**
 * Terms that the model is made of, with the full names of their vocabularies.
 * @see https://github.com/oasis-tcs/odata-vocabularies
 * @see https://sap.github.io/odata-vocabularies/vocabularies/Common.html
 */
export const terms = {
  label: "com.sap.vocabularies.Common.v1.Label",
  computed: "Org.OData.Core.V1.Computed",
  computedDefaultValue: "Org.OData.Core.V1.ComputedDefaultValue",
  immutable: "Org.OData.Core.V1.Immutable",
  optionalParameter: "Org.OData.Core.V1.OptionalParameter",
  optimisticConcurrency: "Org.OData.Core.V1.OptimisticConcurrency",
  allowedValues: "Org.OData.Validation.V1.AllowedValues",
  insertRestrictions: "Org.OData.Capabilities.V1.InsertRestrictions",
  updateRestrictions: "Org.OData.Capabilities.V1.UpdateRestrictions",
  deleteRestrictions: "Org.OData.Capabilities.V1.DeleteRestrictions",
  readRestrictions: "Org.OData.Capabilities.V1.ReadRestrictions",
  filterRestrictions: "Org.OData.Capabilities.V1.FilterRestrictions",
  sortRestrictions: "Org.OData.Capabilities.V1.SortRestrictions",
  changeTracking: "Org.OData.Capabilities.V1.ChangeTracking",
} as const;
